"""Operators: people who act while everything shakes; what they do is plugged in here."""

import asyncio
from collections import Counter
from typing import Protocol

from tests.chaos.surroundings import Surroundings


class Operators(Protocol):
    """People at work during a run.

    `planned` names the kinds of action that a run must have seen, each counted in `counts` when it was done; a run in
    which a planned one never happened fails, as it does for faults.
    """

    planned: tuple[str, ...]
    counts: Counter[str]

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Act until `stop` is set: after the last fault and before the drain is measured."""

    async def leave(self, around: Surroundings) -> None:
        """Undo what would keep the hub from draining, e.g. resume what was paused; called once, after `work`."""


class NobodyThere:
    """Nobody acts."""

    planned: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Do nothing."""

    async def leave(self, around: Surroundings) -> None:
        """Do nothing."""
