"""Books: what a model writes down of one order, and whether it balances; amounts in minor units."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts import commands as desk
from domain.orders import events, facts
from tests.domain.world.paths import START

OVER = frozenset({"completed", "cancelled", "voided"})


@dataclass
class Till:
    """The money of one payment."""

    reserved: int = 0
    taken: int = 0
    freed: int = 0
    capture: int | None = None

    @property
    def held(self) -> int:
        return self.reserved - self.taken - self.freed


@dataclass
class Books:
    """The state, the money and the pieces of one order."""

    state: str = START
    currency: str = ""
    things: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    payments: dict[str, Till] = field(default_factory=dict)
    contradicted: bool = False
    """Whether money was said to be taken or paid back, and then that it was not, or that nobody asked for it."""
    written_off: bool = False
    refunds: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, list[str]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    came_back: Counter[str] = field(default_factory=Counter)
    ordered: dict[int, int] = field(default_factory=dict)
    digital: set[int] = field(default_factory=set)
    carried: dict[str, dict[int, int]] = field(default_factory=dict)
    sent: Counter[int] = field(default_factory=Counter)
    announced: dict[str, Counter[int]] = field(default_factory=dict)
    back: dict[str, Counter[int]] = field(default_factory=dict)
    drafted: dict[str, Counter[int]] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    credited: dict[str, Counter[int]] = field(default_factory=dict)
    copied: dict[str, Counter[int]] = field(default_factory=dict)
    found: dict[str, Counter[int]] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    blocking: set[str] = field(default_factory=set)
    timers: set[str] = field(default_factory=set)

    def begin(self, currency: str, lines: tuple[facts.OrderLine, ...]) -> None:
        """Write down what was ordered."""
        self.currency = currency
        self.ordered = {line.line: line.quantity for line in lines}
        self.digital = {line.line for line in lines if line.kind == "digital"}

    def part(self, command: desk.SplitShipment | desk.EditedSplit, event: events.OrderShipmentSplit) -> None:
        """Write down which lines a shipment was split into."""
        wanted = {entry.line: entry.quantity for entry in command.lines}
        for (old, quantity), new in zip(wanted.items(), event.lines, strict=True):
            self.ordered[old] -= 0 if new == old else quantity
            self.ordered[new] = quantity
            for pieces in self.carried.values() if new == old else ():
                pieces.pop(old, None)

    def unbalanced(self) -> Iterator[str]:
        """Yield where the books don't balance: money first, then pieces (I5, I6)."""
        for name, till in self.payments.items():
            if till.held < 0:
                yield f"{name}: {till.reserved} reserved, {till.taken} taken and {till.freed} set free"
        promised = sum(a for name, a in self.refunds.items() if self.things["refund", name] != "cancelled")
        if promised > self.reserved and not self.contradicted:
            yield f"{promised} go back of {self.reserved}"
        for number, pieces in self.sent.items():
            if pieces > self.ordered.get(number, 0):
                yield f"{pieces} pieces of line {number} sent, {self.ordered.get(number, 0)} ordered"
        coming: Counter[int] = Counter()
        for code, lines in self.announced.items():
            coming.update(self._of_return(code, lines))
        for number, pieces in coming.items():
            if number not in self.digital and pieces > self.sent[number]:
                yield f"{pieces} pieces of line {number} come back, {self.sent[number]} sent"

        yield from self._given_twice()

    def _given_twice(self) -> Iterator[str]:
        """Yield the lines of which a piece went two ways: credited, returned, or copied free of charge (R-21)."""
        ways: Counter[int] = Counter()
        unpaid: Counter[int] = Counter()
        for code, lines in self.drafted.items():
            ways.update(self._returned(code, lines))
        for name, lines in self.credited.items():
            ways.update(lines if self.things["refund", name] != "cancelled" else {})
        for lines in self.copied.values():
            ways.update(lines)
        for name, lines in self.found.items():
            unpaid.update(lines if self.things["refund", name] == "cancelled" else {})
        for number, pieces in ways.items():
            out = self.ordered.get(number, 0) if number in self.digital else self.sent[number]
            if pieces > out + unpaid[number]:
                yield f"{pieces} pieces of line {number} are given back or replaced, {out} sent"

    def _returned(self, code: str, lines: Counter[int]) -> Counter[int]:
        """Return the pieces that a return stands for: all that it names until it is accepted, then those that came."""
        state = self.things["return", code]
        if state == "ended":
            return Counter()
        if state != "validated" or code in self.unseen:
            return lines
        digital = Counter({number: pieces for number, pieces in lines.items() if number in self.digital})
        return (lines & self.back.get(code, Counter())) | digital

    def _of_return(self, code: str, lines: Counter[int]) -> Counter[int]:
        state = self.things["return", code]
        if state == "ended":
            return Counter()
        return lines & self.back.get(code, Counter()) if state == "validated" else lines

    @property
    def reserved(self) -> int:
        return sum(till.reserved for till in self.payments.values())

    @property
    def taken(self) -> int:
        return sum(till.taken for till in self.payments.values())

    def till(self, payment_id: str | None) -> Till:
        """The money of one payment; a cheque's gets its name when it is taken, unless it was given back."""
        if payment_id is not None and "" in self.payments and not self.payments[""].freed:
            self.payments.setdefault(payment_id, self.payments.pop(""))
        return self.payments.setdefault(payment_id or "", Till())

    @property
    def settled(self) -> bool:
        """Tell whether the order is over, and all money and goods of it."""
        done = {"refund": ("executed", "cancelled"), "return": ("validated", "ended")}
        open_ = [key for key, state in self.things.items() if key[0] in done and state not in done[key[0]]]
        held = any(till.held for till in self.payments.values())
        return self.state in OVER and not open_ and not held
