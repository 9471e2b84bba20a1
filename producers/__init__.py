"""What the hub writes to Kafka: the transaction of a shard, messages, dead letters, timers; and simulated partners."""
