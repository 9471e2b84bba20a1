"""The outside world: PostgreSQL, Kafka, embedded servers, clocks, logs and tokens."""
