"""The seeds that ever failed, each with what it found; `python -m tests.chaos` runs them before anything new."""

from typing import Final

SEEDS: Final[dict[int, str]] = {}
"""Seed to what it found."""
