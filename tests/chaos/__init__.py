"""Chaos: the hub as real processes behind a bad network, under seeded faults of every kind; then the proof."""
