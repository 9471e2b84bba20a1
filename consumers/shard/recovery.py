"""Recovery: what is to be done about a failed batch, by the table of failures; whoever asks carries it out."""

import asyncio
from collections import Counter
from enum import Enum
from typing import Final

import structlog

from consumers.shard.failures import Treatment, described, failure, treatment
from consumers.shard.limits import Limits
from consumers.shard.vitals import Vitals

LOG: Final = structlog.get_logger("hub.shard")
REST_SECONDS: Final = 0.05
LONGEST_REST_SECONDS: Final = 5.0


class Remedy(Enum):
    """What a shard does after a failure."""

    LEAVE = "let the shard go: it has another owner"
    STOP = "stop until a person has looked"
    HALVE = "store ever smaller beginnings until the record that is refused is alone"
    TAKE_OVER = "take the shard over again, and read anew"


class Recovery:
    """Counts failures: bugs in a row stop a shard, and each batch in a row that fails makes the next wait longer."""

    def __init__(self, number: int, limits: Limits, vitals: Vitals, counts: Counter[str]) -> None:
        self._number = number
        self._limits = limits
        self._vitals = vitals
        self._counts = counts
        self._bugs = 0
        self._troubles = 0

    def remedy(self, error: BaseException, *, divisible: bool) -> Remedy:
        """Return what to do about an error; `divisible`: records are in hand that may be stored in parts."""
        row = failure(error)
        what = row.treatment
        told = {"kind": row.kind.value, "treatment": what.value, "error": described(error)}
        LOG.warning("batch failed", shard=self._number, **told)
        self._counts[f"failed: {what.value}"] += 1
        self._vitals.ill(described(error))
        if what is Treatment.LEAVE:
            return Remedy.LEAVE
        if what is Treatment.STOP:
            return Remedy.STOP
        if what is Treatment.HALVE and divisible:
            return Remedy.HALVE
        is_bug = what in (Treatment.BUG, Treatment.HALVE)
        if is_bug and self._bugs >= self._limits.bugs:
            return Remedy.STOP
        self._bugs += is_bug
        return Remedy.TAKE_OVER

    def after_take_over(self, error: Exception) -> Remedy:
        """Return what to do where a take-over itself has failed for good."""
        return Remedy.LEAVE if treatment(error) is Treatment.LEAVE else Remedy.STOP

    async def rest(self) -> None:
        """Wait longer with each batch in a row that fails: a take-over that works is no sign that the next one does."""
        if self._troubles:
            await asyncio.sleep(min(REST_SECONDS * 2.0 ** min(self._troubles, 10), LONGEST_REST_SECONDS))
        self._troubles += 1

    def is_worth_retrying(self, error: BaseException) -> bool:
        """Tell whether a take-over that failed so may succeed when it is tried again."""
        LOG.warning("take-over failed", shard=self._number, error=described(error))
        self._vitals.ill(described(error))
        what = treatment(error)
        self._bugs += what is Treatment.BUG
        return what is Treatment.TAKE_OVER or (what is Treatment.BUG and self._bugs < self._limits.bugs)

    def well(self) -> None:
        """Note that a batch is done."""
        self._bugs = self._troubles = 0
        self._vitals.well()

    def looked(self) -> None:
        """Note that the shard looked for work; after a while without trouble the old one is forgotten."""
        if self._vitals.alive():
            self._bugs = self._troubles = 0

    def reason(self, error: BaseException) -> str:
        """Return why a shard stops, as it is written down: an accident says it itself, all else needs its name."""
        return str(error) if treatment(error) in (Treatment.STOP, Treatment.LEAVE) else described(error)
