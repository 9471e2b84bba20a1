"""What if: how orders would stand had the retailer chosen otherwise, by their own histories; nothing is changed.

Partners and other orders say what they said; deadlines come when the other choices set them. What an order would have
asked of a partner beyond what it did nobody has answered, so it waits for that.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from adapters.postgres import order_reads
from contracts.internal import TimerDue
from contracts.message import Cause
from contracts.topics import INTERNAL
from domain.deciding import codec
from domain.deciding.decision import Decision, Known, Policy
from domain.deciding.received import Received
from domain.orders import documents
from domain.orders.aggregate import ORDER
from domain.orders.order import Order
from hub.desk import history
from hub.desk.errors import PolicyIsWrong
from hub.desk.history import Change
from hub.desk.resources import Desk
from hub.desk.stores import Stores

ROWS: Final = 500
"""Entries of an order that are decided again at most."""
ENTRIES: Final = 10_000
"""Entries of all orders that are decided again for one question: a few seconds' work."""
_SOURCE: Final = "/hub/timers"
_POLICY: Final = TypeAdapter(Policy)
_NAMES: Final = frozenset(each.name for each in fields(Policy))
_Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Difference:
    """An order that would stand otherwise: its first entry that would have ended otherwise, and the fields that differ.

    `seq` is None where only a deadline made the difference.
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


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How many orders were decided again, how many can't be, and those that would stand otherwise."""

    looked_at: int
    left_out: int
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class _Run:
    """An order's history decided again: what each entry ended as, and the order."""

    ends: Mapping[int, tuple[str, str]]
    order: Order


async def compare(
    desk: Desk,
    policy: Mapping[str, object],
    order_ids: Sequence[str],
    placed_from: datetime | None,
    stores: Stores,
    limit: int,
) -> WhatIf:
    """Decide orders again by other choices (`policy`, as HUB_POLICY names them); raises PolicyIsWrong.

    The orders that are named, or the newest ones; `stores` (None: all) are those whose orders may be seen.
    """
    chosen = _choices(policy)
    named = await _named(desk, order_ids, placed_from, stores, limit)
    until = datetime.now(UTC) + desk.settings.clock.ahead
    found, left_out, left = [], 0, ENTRIES
    for order_id, number in named:
        rows = await order_reads.history(desk.engine, order_id, min(ROWS, left) + 1)
        if len(rows) > left:
            left_out += 1
            continue
        left -= len(rows)
        told = await asyncio.to_thread(_compared, order_id, number, rows, chosen, until)
        if told is None:
            left_out += 1
        elif told.fields:
            found.append(told)
    return WhatIf(len(named) - left_out, left_out, found)


_Choices = Callable[[Policy], Policy]


def _choices(policy: Mapping[str, object]) -> _Choices:
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


async def _named(
    desk: Desk,
    order_ids: Sequence[str],
    placed_from: datetime | None,
    stores: Stores,
    limit: int,
) -> Sequence[tuple[str, str]]:
    if not order_ids:
        return await order_reads.placed(desk.engine, placed_from, stores, limit)
    found = await order_reads.orders_of(desk.engine, order_ids, stores)
    return [(each.order_id, each.number or "") for each in found][:limit]


def _compared(order_id: str, number: str, rows: Sequence[_Row], chosen: _Choices, until: datetime) -> Difference | None:
    """Decide a history twice, by the choices of then and by the other ones; None where the rules can't any more."""
    if len(rows) > ROWS or any(row["rules"] != ORDER.rules for row in rows):
        return None
    was, would = (_run(order_id, rows, each, until) for each in (_as_it_was, chosen))
    first = next((seq for seq, end in was.ends.items() if would.ends.get(seq) != end), None)
    before, after = (codec.document_of(documents.order_text(each.order)) for each in (was, would))
    return Difference(
        order_id=order_id,
        number=number,
        seq=first,
        what=next((str(row["type"]) for row in rows if row["seq"] == first), None),
        was=None if first is None else " ".join(was.ends[first]).strip(),
        would=None if first is None else " ".join(would.ends[first]).strip(),
        state=None if was.order.state is None else was.order.state.value,
        would_be=None if would.order.state is None else would.order.state.value,
        fields=history.between(before, after),
    )


def _run(order_id: str, rows: Sequence[_Row], chosen: _Choices, until: datetime) -> _Run:
    order, ends, come = Order.shell(order_id), dict[int, tuple[str, str]](), set[str]()
    known = Known(chosen(Policy()))
    for row in rows:
        data = row["data"]
        assert isinstance(data, dict)
        received = codec.received_from(data)
        if row["refers_to"] is not None or _is_deadline(received):
            continue
        stored = row["known"]
        policy = codec.policy_from(stored) if isinstance(stored, dict) else Policy()
        known = Known(chosen(policy))
        order = _after_deadlines(order, known, received.appended_at, come)
        decisions = ORDER.decide(order, received, known)
        seq = row["seq"]
        assert isinstance(seq, int)
        ends[seq] = _end(decisions[0])
        order = decisions[-1].after
    return _Run(ends, _after_deadlines(order, known, until, come))


def _end(decision: Decision[Order]) -> tuple[str, str]:
    return decision.outcome.value, " ".join(decision.rules)


def _is_deadline(received: Received) -> bool:
    """Tell whether a fact is a deadline of the order's own, which other choices set otherwise."""
    return isinstance(received.fact, TimerDue) and received.fact.text is None


def _after_deadlines(order: Order, known: Known, until: datetime, come: set[str]) -> Order:
    """Return the order after every deadline that has come by then, in their order, each once (`come`: which have)."""
    for _ in range(ROWS):
        waiting = [each for each in order.timers if each.due_at <= until and each.id not in come]
        if not waiting:
            break
        due = min(waiting, key=lambda each: (each.due_at, each.id))
        come.add(due.id)
        fact = TimerDue(timer_id=due.id, kind=due.kind, due_at=due.due_at)
        cause = Cause(_SOURCE, due.id, TimerDue.type(), INTERNAL.name, 0, 0)
        order = ORDER.decide(order, Received(fact, cause, due.due_at, due.due_at, None), known)[-1].after
    return order
