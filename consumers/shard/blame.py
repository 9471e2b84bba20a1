"""Blame: on whose records rules failed, so that a partner's bad data is told apart from a bad deploy."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from consumers.shard.limits import Limits


@dataclass(slots=True)
class Blame:
    """Counts by source: records that rules failed on in a row, and aggregates that these put into quarantine."""

    in_a_row: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)

    def copied(self) -> "Blame":
        """Return the counts for a batch to go on from: one that isn't stored counts for nothing."""
        return Blame(self.in_a_row.copy(), self.quarantined.copy())

    def well(self, source: str) -> None:
        """Note that rules could decide on a record of a source."""
        if self.in_a_row:
            self.in_a_row.pop(source, None)

    def failed(self, source: str, limits: Limits) -> str | None:
        """Note that rules failed on a record; return what is too much of this source, if anything."""
        self.in_a_row[source] += 1
        self.quarantined[source] += 1
        if self.in_a_row[source] >= limits.failed_in_a_row:
            return f"rules failed on {self.in_a_row[source]} records in a row of {source}"
        if self.quarantined[source] > limits.quarantined:
            self.quarantined[source] = 0
            self.in_a_row[source] = limits.failed_in_a_row
            return f"more than {limits.quarantined} aggregates went into quarantine by records of {source}"
        return None

    def sources(self, limits: Limits) -> Sequence[str]:
        """Return the sources that have failed too often, all at once."""
        return sorted(source for source, count in self.in_a_row.items() if count >= limits.failed_in_a_row)
