"""The simulated partners: what they answer, how they misbehave, and that they do so on a real Kafka."""
