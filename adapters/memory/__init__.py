"""The store and the log of a shard in memory."""
