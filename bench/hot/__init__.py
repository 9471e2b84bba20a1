"""One order with ten thousand facts, and how much it delays all others."""
