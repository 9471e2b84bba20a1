"""What if: how orders would stand had the retailer chosen otherwise, by their own histories; nothing is changed.

Partners and other orders say what they said; deadlines come when the other choices set them. From where an order would
have asked what nobody was asked, or before it was answered, nobody knows how it would have gone on.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from adapters.postgres import order_reads
from adapters.postgres.reading import read_only
from domain.deciding import codec
from domain.deciding.decision import Policy
from domain.orders import documents
from domain.orders.aggregate import ORDER
from domain.orders.order import Order
from hub.desk import history
from hub.desk.differing import MoneySum, Outcome, Shift, Sums, Unanswered, state_of
from hub.desk.errors import PolicyIsWrong
from hub.desk.history import Change
from hub.desk.replayed import ROWS, Choices, Question, Row, Run, replayed, unanswered
from hub.desk.resources import Desk
from hub.desk.stores import Stores

ENTRIES: Final = 10_000
"""Entries of all orders that are decided again for one question that is answered at once: a few seconds' work."""
FIELDS: Final = 100
"""Fields of an order that are told of at most."""
_POLICY: Final = TypeAdapter(Policy)
_NAMES: Final = frozenset(each.name for each in fields(Policy))


@dataclass(frozen=True, slots=True)
class Asked:
    """Other choices (`policy`, as HUB_POLICY names them), and the orders to try them on.

    Those named by id or number, or else the newest ones, `limit` at most, of those placed from a time to before another
    one. `entries` of all orders are decided again at most, and `listed` orders told one by one.
    """

    policy: Mapping[str, object]
    orders: Sequence[str] = ()
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    limit: int = 100
    entries: int = ENTRIES
    listed: int = 200


@dataclass(frozen=True, slots=True)
class Unknown:
    """From where nobody knows how an order would have gone on: which message it would have waited for, and of whom.

    `seq` is the entry that led to the question, None where a deadline did; `state` is how the order would stand then.
    """

    seq: int | None
    at: datetime
    what: str
    party: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """An order that would stand otherwise: its first entry that would have ended otherwise, and the fields that differ.

    `seq` is None where only a deadline made the difference. Where it is `unknown` how the order would have gone on,
    `would_be` is None, and the fields are those that differ there.
    """

    order_id: str
    number: str
    seq: int | None
    what: str | None
    was: str | None
    would: str | None
    state: str | None
    would_be: str | None
    fields: Sequence[Change]
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How many orders were decided again and how many can't be; how many would stand otherwise, or nobody knows how.

    What differs is summed up over the orders of which it is known; `differences` are some of them one by one, and of
    those that are unknown.
    """

    looked_at: int
    left_out: int
    differ: int
    unknown: int
    outcomes: Sequence[Outcome]
    money: Sequence[MoneySum]
    times: Sequence[Shift]
    unanswered: Sequence[Unanswered]
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: orders looked at or left out, of how many, and how many differ or are unknown so far."""

    looked_at: int
    of: int
    differ: int
    unknown: int


@dataclass(slots=True)
class _Found:
    """What has been found so far."""

    looked_at: int = 0
    left_out: int = 0
    differ: int = 0
    unknown: int = 0
    sums: Sums = field(default_factory=Sums)
    differences: list[Difference] = field(default_factory=list)

    def add(self, order_id: str, number: str, was: Run, would: Run, rows: Sequence[Row], listed: int) -> None:
        """Add an order that was decided twice."""
        self.looked_at += 1
        question = unanswered(was, would)
        changes = _changes(was, would, question)
        if question is not None:
            self.unknown += 1
            self.sums.add_unknown(question)
        else:
            self.differ += bool(changes)
            self.sums.add(was, would)
        if (changes or question) and len(self.differences) < listed:
            first = next((seq for seq, end in was.ends.items() if would.ends.get(seq) != end), None)
            self.differences.append(
                Difference(
                    order_id=order_id,
                    number=number,
                    seq=first,
                    what=next((str(row["type"]) for row in rows if row["seq"] == first), None),
                    was=None if first is None else was.ends[first],
                    would=None if first is None else would.ends.get(first),
                    state=state_of(was.order),
                    would_be=None if question else state_of(would.order),
                    fields=changes[:FIELDS],
                    unknown=None if question is None else _unknown(question),
                )
            )


async def compare(
    desk: Desk, asked: Asked, stores: Stores, tell: Callable[[Progress], None] = lambda progress: None
) -> WhatIf:
    """Decide orders again by other choices; raises PolicyIsWrong. Only reads: PostgreSQL itself lets it do no more.

    `stores` (None: all) are those whose orders may be seen; `tell` is told after every order how far it is.
    """
    engine = read_only(desk.engine)
    chosen = _choices(asked.policy)
    if asked.orders:
        orders = await order_reads.named(engine, asked.orders, stores, asked.limit)
    else:
        orders = await order_reads.placed(engine, asked.placed_from, asked.placed_to, stores, asked.limit)
    until = datetime.now(UTC) + desk.settings.clock.ahead
    found, left = _Found(), asked.entries
    for count, (order_id, number) in enumerate(orders, 1):
        rows = await order_reads.history(engine, order_id, min(ROWS, left) + 1)
        if len(rows) > min(ROWS, left) or any(row["rules"] != ORDER.rules for row in rows):
            found.left_out += 1
        else:
            left -= len(rows)
            was, would = await asyncio.to_thread(_twice, order_id, rows, chosen, until)
            found.add(order_id, number, was, would, rows, asked.listed)
        tell(Progress(count, len(orders), found.differ, found.unknown))
    sums = found.sums
    told = (sums.outcomes, sums.money, sums.times, sums.unanswered, found.differences)
    return WhatIf(found.looked_at, found.left_out, found.differ, found.unknown, *told)


def choice_of(text: str) -> tuple[str, object]:
    """Return a choice that is written as `name=value`; the value is JSON, or a word; raises PolicyIsWrong."""
    name, equals, value = text.partition("=")
    if not equals:
        raise PolicyIsWrong(name or "policy", "write it as name=value, such as availability_answer=PT4H")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value.strip()


def check(policy: Mapping[str, object]) -> None:
    """Raise PolicyIsWrong where a policy names no choices that a retailer has."""
    _choices(policy)


def _choices(policy: Mapping[str, object]) -> Choices:
    """Return what puts other choices into a policy."""
    for name in policy:
        if name not in _NAMES:
            raise PolicyIsWrong(name, f"there is no such choice; there are {', '.join(sorted(_NAMES))}")
    try:
        read: Any = _POLICY.validate_python(dict(policy))
    except ValidationError as error:
        first = error.errors()[0]
        raise PolicyIsWrong(".".join(map(str, first["loc"])), first["msg"]) from error
    chosen: dict[str, Any] = {name: getattr(read, name) for name in policy}
    return lambda before: replace(before, **chosen)


def _as_it_was(policy: Policy) -> Policy:
    return policy


def _twice(order_id: str, rows: Sequence[Row], chosen: Choices, until: datetime) -> tuple[Run, Run]:
    """Decide a history twice, by the choices of then and by the other ones."""
    return replayed(order_id, rows, _as_it_was, until), replayed(order_id, rows, chosen, until)


def _unknown(question: Question) -> Unknown:
    return Unknown(question.seq, question.at, question.what, question.party, question.state)


def _changes(was: Run, would: Run, question: Question | None) -> Sequence[Change]:
    """Return the fields that differ in the end, or where it is not known how it would have gone on."""
    if question is None:
        return _between(was.order, would.order)
    return _between(was.at(question.at), would.at(question.at))


def _between(before: Order, after: Order) -> Sequence[Change]:
    if before is after:
        return ()
    then, now = (codec.document_of(documents.order_text(each)) for each in (before, after))
    return history.between(then, now)
