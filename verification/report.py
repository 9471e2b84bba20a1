"""The report of a verification: what was counted, what differs, and whether both promises hold."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

MONEY: Final = ("authorised", "captured", "voided", "held", "kept", "refunded")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that isn't as it must be: its kind, the record, row, order or message, and what is wrong there."""

    kind: str
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of comparison: how many things it looked at, and how many differences it found."""

    name: str
    counted: int
    differences: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result; `differences` lists the first of each check, the counts count all.

    `money` holds, by currency, where all the money of the orders is, in minor units. `expired` counts rows whose
    records or messages the log's retention has removed: they can't be compared any more. `repeated` counts messages
    that lie in the log a second time because an operator accepted an older copy of the database.
    """

    checks: tuple[Check, ...]
    differences: tuple[Difference, ...]
    facts: int
    journal_rows: int
    set_aside_rows: int
    messages: int
    orders: int
    lost: int
    doubled: int
    out_of_order: int
    duplicates: int
    unread: int
    unpublished: int
    expired: int
    repeated: int
    by_outcome: Mapping[str, int]
    money: Mapping[str, Mapping[str, int]]

    @property
    def ok(self) -> bool:
        """Tell whether there is no difference at all."""
        return not any(check.differences for check in self.checks)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain JSON values."""
        return {**asdict(self), "ok": self.ok}


@dataclass(slots=True)
class Findings:
    """What a verification has found so far; of each check only the first `limit` differences are kept in full."""

    limit: int
    facts: int = 0
    journal_rows: int = 0
    set_aside_rows: int = 0
    messages: int = 0
    orders: int = 0
    unread: int = 0
    unpublished: int = 0
    expired: int = 0
    repeated: int = 0
    by_outcome: Counter[str] = field(default_factory=Counter)
    money: dict[str, Counter[str]] = field(default_factory=dict)
    _counted: dict[str, int] = field(default_factory=dict)
    _kinds: Counter[str] = field(default_factory=Counter)
    _by_check: Counter[str] = field(default_factory=Counter)
    _listed: list[Difference] = field(default_factory=list)

    def count(self, check: str, number: int = 1) -> None:
        """Say that a check looked at some things more."""
        self._counted[check] = self._counted.get(check, 0) + number

    def differ(self, check: str, kind: str, where: str, detail: str) -> None:
        """Note a difference."""
        self._counted.setdefault(check, 0)
        self._by_check[check] += 1
        self._kinds[kind] += 1
        if self._by_check[check] <= self.limit:
            self._listed.append(Difference(kind, where, detail))

    def report(self) -> Report:
        """Return all that was found."""
        return Report(
            checks=tuple(Check(name, number, self._by_check[name]) for name, number in self._counted.items()),
            differences=tuple(self._listed),
            facts=self.facts,
            journal_rows=self.journal_rows,
            set_aside_rows=self.set_aside_rows,
            messages=self.messages,
            orders=self.orders,
            lost=self._kinds["lost"],
            doubled=self._kinds["doubled"],
            out_of_order=self._kinds["out_of_order"],
            duplicates=self.by_outcome["duplicate"],
            unread=self.unread,
            unpublished=self.unpublished,
            expired=self.expired,
            repeated=self.repeated,
            by_outcome=dict(sorted(self.by_outcome.items())),
            money={currency: {name: sums[name] for name in MONEY} for currency, sums in sorted(self.money.items())},
        )
