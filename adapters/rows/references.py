"""References: numbers that others use for orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from adapters.rows.timers import TimerRow
from contracts.values import Value

if TYPE_CHECKING:
    from adapters.rows.batch import Batch

PAST: Final = "past "
"""How the party begins of a number that an order had once: it doesn't find the order any more."""


NOTICED: Final = frozenset({"number", "tracking", "payment"})
"""The kinds of numbers of which an order is told that another one has its own."""


class ReferenceRow(Value):
    """A number that others use for an order; `over` is the order that had it and has given it up."""

    kind: str
    party: str
    value: str
    subject: str
    over: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """A number that an order wanted and another one has."""

    kind: str
    value: str
    subject: str
    holder: str

    @property
    def note(self) -> tuple[str, str | None, str]:
        """Return what people read of it."""
        return "reference_taken", self.subject, f"{self.kind} {self.value} already belongs to order {self.holder}"

    def notice(self, at: datetime) -> TimerRow | None:
        """Return the notice that the order gets, where it has to know."""
        name = f"{self.kind}_taken"
        return TimerRow(self.subject, name, name, at) if self.kind in NOTICED else None


def claims(batch: "Batch") -> dict[tuple[str, str, str], ReferenceRow]:
    """Return who of a batch gets each number: the first that wants it, or whoever takes it over from that one."""
    found: dict[tuple[str, str, str], ReferenceRow] = {}
    for row in batch.references:
        key = (row.kind, row.party, row.value)
        first = found.get(key)
        if first is None or row.over == first.subject:
            found[key] = row
    return found


def is_given_up(batch: "Batch", row: ReferenceRow) -> bool:
    """Tell whether another order of the batch took a number over from this row's order."""
    key = (row.kind, row.party, row.value, row.subject)
    return any((each.kind, each.party, each.value, each.over) == key for each in batch.references)
