"""Tests of what processes tell of themselves and of the hub."""
