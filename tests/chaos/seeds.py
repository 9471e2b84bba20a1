"""The seeds that ever failed, each with what it found; `python -m tests.chaos` runs them before anything new."""

from typing import Final

SEEDS: Final[dict[int, str]] = {
    1: "Kafka's connections cut: a reader ended by uvloop's RuntimeError, and its shard stood still for good; "
    "PostgreSQL restarted: a process that started just then ended instead of waiting",
    2: "a process with another clock: the verification took its rows for changed ones",
    3: "an order that grew between the check of its cheque and its authorisation: the verification took "
    "the new total; a session that PostgreSQL ended while it was idle: asyncpg's InternalClientError counted as a bug",
}
"""Seed to what it found."""
