"""The contracts: what is published, what is read, and what is refused."""
