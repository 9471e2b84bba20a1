"""Simulated partners: small Kafka clients that know the public contracts and nothing else of the hub."""
