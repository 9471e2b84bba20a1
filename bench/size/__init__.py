"""A small and a large database, and what a record costs in each."""
