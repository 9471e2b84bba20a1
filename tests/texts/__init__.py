"""Texts of the console: gathered from where they stand, and held against their translations."""
