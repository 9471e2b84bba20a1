"""A real Apache Kafka and a real PostgreSQL as child processes, for the demo, the tests and a laptop."""
