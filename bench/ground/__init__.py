"""The ground of a benchmark: one real Kafka and one real PostgreSQL for all candidates."""
