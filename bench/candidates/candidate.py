"""What every candidate has, and the stand on which one run of it happens."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from bench.ground.ground import Ground
from bench.model import Expected, Key
from bench.records import Read, Workload, Written
from bench.results import Found

ROOT: Final = Path(__file__).resolve().parents[2]
"""The project's folder."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one run happens: its own prefix of topics, its own database, its own folder."""

    ground: Ground
    name: str
    database_url: str
    folder: Path

    @property
    def prefix(self) -> str:
        """Return what all topics of this run begin with."""
        return f"{self.name}."


class Candidate(Protocol):
    """One way to build the hub."""

    label: str
    what: str
    """In a line, for the tables."""
    guarantee: str
    share: float
    """Of the orders asked for: slow candidates run on fewer."""
    append_times: bool
    """Whether its topics count when a record was appended, not when it was written."""
    settle_seconds: float
    """How long after its start live traffic begins."""
    effects: str
    """The topic, without the prefix, on which its effects are seen."""
    partitions: int
    """Of that topic."""
    effects_per_status: float
    """Visible records and markers for one expected status event, roughly: when to kill it."""

    def missing(self) -> str | None:
        """Return why it can't run here, if so."""

    def workload(self, orders: int) -> Workload:
        """Return the workload in the dress that it reads."""

    def expected(self, workload: Workload) -> Expected:
        """Return what must come out."""

    async def prepare(self, stand: Stand) -> None:
        """Make tables and topics."""

    def commands(self, stand: Stand) -> Sequence[Sequence[str]]:
        """Return the command line of each process."""

    def environment(self, stand: Stand) -> Mapping[str, str]:
        """Return the environment of its processes."""

    def status_key(self, record: Read) -> Key:
        """Return the order and what tells one of its status events from the others."""

    def event_id(self, record: Written) -> str:
        """Return the id of the event that a record of its workload holds."""

    def once(self, key: Key) -> bool:
        """Tell whether a status event of this key comes once per order."""

    async def finished(self, stand: Stand, workload: Workload, expected: Expected, visible: int) -> bool:
        """Tell whether all is read and published; asked only while the output stands still."""

    async def check(self, stand: Stand, workload: Workload, expected: Expected, found: Found) -> None:
        """Compare all that was left behind with the model; note every fault in `found`."""


def bare_environment() -> dict[str, str]:
    """Return our environment with the project first on Python's path, whichever folder a process starts in."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def python_module(name: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module in this Python."""
    return [sys.executable, "-m", name, *arguments]


def note(found: Found, number: int, what: str) -> None:
    """Note a fault where its number is not zero."""
    if number:
        found.faults.append(f"{number:,} {what}")
