"""A payment provider that speaks HTTP: its client, what its answers mean, and the worker that ends calls."""
