"""The log: connection settings, topics and offsets."""
