"""The work of a run: what a candidate works off, and how it is seen that all of it is done, and done right."""

from dataclasses import dataclass
from typing import Protocol

from bench.candidates.candidate import Candidate, Stand
from bench.model import Expected
from bench.records import Workload
from bench.results import Found


class Work(Protocol):
    """Some records, and what must come of them."""

    @property
    def orders(self) -> int:
        """Return how many orders there are."""

    @property
    def count(self) -> int:
        """Return how many records there are."""

    async def write(self, stand: Stand) -> None:
        """Write all records."""

    async def finished(self, stand: Stand, visible: int) -> bool:
        """Tell whether all is read and published; asked only while the output stands still."""

    async def check(self, stand: Stand, found: Found) -> None:
        """Look at all that was left behind; note every fault in `found`."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """A workload, what must come of it, and the candidate that knows how to tell."""

    candidate: Candidate
    workload: Workload
    expected: Expected

    @property
    def orders(self) -> int:
        """Return how many orders there are."""
        return self.workload.orders

    @property
    def count(self) -> int:
        """Return how many records there are."""
        return len(self.workload.records)

    async def write(self, stand: Stand) -> None:
        """Write all records, with the times of a real backlog where the candidate reads by them."""
        write = stand.ground.log.write_backlog if self.candidate.append_times else stand.ground.log.write
        await write(stand.prefix, self.workload.records)

    async def finished(self, stand: Stand, visible: int) -> bool:
        """Tell whether all is read and published."""
        return await self.candidate.finished(stand, self.workload, self.expected, visible)

    async def check(self, stand: Stand, found: Found) -> None:
        """Compare all that was left behind with the model."""
        await self.candidate.check(stand, self.workload, self.expected, found)
