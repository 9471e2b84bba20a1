"""Migrations of the store: dated, forward, with a lock time-out."""
