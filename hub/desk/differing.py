"""Differences of many orders summed up: by outcome, money and time, and by what nobody has ever answered."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from domain.orders.money.balance import balance
from domain.orders.order import Order
from domain.orders.order.state import State
from hub.desk.replayed import Question, Run


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many orders are in one state, and would be in another one."""

    state: str | None
    would_be: str | None
    orders: int


@dataclass(frozen=True, slots=True)
class MoneySum:
    """Orders whose money would differ, by currency: what is charged and refunded in all, and would be, minor units."""

    currency: str
    orders: int
    charged: int
    would_be_charged: int
    refunded: int
    would_be_refunded: int


@dataclass(frozen=True, slots=True)
class Shift:
    """How many orders would reach a state, or have a deadline set, earlier or later; by how much, in seconds.

    `median_seconds` and `largest_seconds` are of those whose time differs: above zero where it is later.
    """

    what: Literal["state", "deadline"]
    name: str
    earlier: int
    later: int
    median_seconds: float
    largest_seconds: float


@dataclass(frozen=True, slots=True)
class Unanswered:
    """How many orders would have waited for a message that history doesn't have: which, and of whom."""

    what: str
    party: str
    orders: int


class Sums:
    """What is summed up, order by order."""

    def __init__(self) -> None:
        self._outcomes = Counter[tuple[str | None, str | None]]()
        self._money: dict[str, list[int]] = {}
        self._shifts = defaultdict[tuple[Literal["state", "deadline"], str], list[float]](list)
        self._unanswered = Counter[tuple[str, str]]()

    def add(self, was: Run, would: Run) -> None:
        """Add an order of which is known how it would stand."""
        before, after = state_of(was.order), state_of(would.order)
        if before != after:
            self._outcomes[before, after] += 1
        self._add_money(was.order, would.order)
        for name, at in would.states.items():
            self._add_shift("state", name, (at - was.states[name]).total_seconds() if name in was.states else 0)
        late = dict[str, float]()
        for (kind, subject), due in would.deadlines.items():
            then = was.deadlines.get((kind, subject))
            if then is not None and due != then:
                late.setdefault(kind, (due - then).total_seconds())
        for kind, seconds in late.items():
            self._add_shift("deadline", kind, seconds)

    def add_unknown(self, question: Question) -> None:
        """Add an order of which nobody knows how it would have gone on."""
        self._unanswered[question.what, question.party] += 1

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """Return the states that orders are in and would be in, the most frequent change first."""
        return [Outcome(*states, count) for states, count in self._outcomes.most_common()]

    @property
    def money(self) -> Sequence[MoneySum]:
        """Return the sums of money that would differ."""
        return [MoneySum(currency, *sums) for currency, sums in sorted(self._money.items())]

    @property
    def times(self) -> Sequence[Shift]:
        """Return what would come earlier or later: states in their order, then deadlines."""
        return [_shift(*named, self._shifts[named]) for named in sorted(self._shifts, key=_turn)]

    @property
    def unanswered(self) -> Sequence[Unanswered]:
        """Return what nobody has answered, the most frequent question first."""
        return [Unanswered(*asked, count) for asked, count in self._unanswered.most_common()]

    def _add_money(self, was: Order, would: Order) -> None:
        before, after = balance(was), balance(would)
        now, then = (before.captured, before.refunded), (after.captured, after.refunded)
        if now == then:
            return
        sums = self._money.setdefault(would.currency or was.currency, [0] * 5)
        for place, amount in enumerate((1, now[0], then[0], now[1], then[1])):
            sums[place] += amount

    def _add_shift(self, what: Literal["state", "deadline"], name: str, seconds: float) -> None:
        if seconds:
            self._shifts[what, name].append(seconds)


def state_of(order: Order) -> str | None:
    """Return the word for an order's state; None for one that is not placed."""
    return None if order.state is None else order.state.value


_STATES: Final = tuple(each.value for each in State)


def _turn(named: tuple[str, str]) -> tuple[bool, int, str]:
    what, name = named
    return what == "deadline", _STATES.index(name) if what == "state" else 0, name


def _shift(what: Literal["state", "deadline"], name: str, seconds: Sequence[float]) -> Shift:
    earlier = sum(1 for each in seconds if each < 0)
    return Shift(what, name, earlier, len(seconds) - earlier, median(seconds), max(seconds, key=abs))
