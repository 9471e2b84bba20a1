"""The parts of the hub that can be told apart from each other, the fakes on the same suite as the real ones."""
