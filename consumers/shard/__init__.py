"""A shard at work: read, decide, store, publish; take over, stop, go on."""
