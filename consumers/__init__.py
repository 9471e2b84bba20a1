"""What the hub reads: one module per inbound topic, and the shard pipeline that turns records into decisions."""
