"""Orders as an aggregate: all that the engine knows of them."""

from types import MappingProxyType
from typing import Final

from contracts.events import CommandAccepted, CommandRejected, EventHead
from contracts.subjects import ORDER as KIND
from domain.deciding.aggregate import Aggregate, Columns
from domain.deciding.decision import Decision, Outcome, Refusal
from domain.deciding.received import Received
from domain.orders import documents, facts, objections, references
from domain.orders.commands import TABLE
from domain.orders.order import Order
from domain.orders.rules import RULES as BY_FACT
from domain.orders.view import attention, projection, visible

RULES: Final = 7
"""Raised whenever the same history would end in another order; the journal names it for every row."""


def _columns(order: Order) -> Columns:
    state = None if order.state is None else order.state.value
    return Columns(order.version, state, order.number, order.store, attention.needed(order))


def _parts(order: Order) -> int:
    return len(order.lines) + len(order.shipments) + len(order.returns) + len(order.refunds)


def _objection(order: Order, received: Received) -> Refusal | None:
    assert isinstance(received.fact, facts.Command)
    return objections.right_on(type(received.fact), order, received.actor)


def _answer(order: Order, received: Received, refusal: Refusal | None) -> Decision[Order]:
    cause = received.cause
    if refusal is None:
        return Decision(received, order, Outcome.APPLIED, events=(CommandAccepted(cause.id, cause.source),))
    rejected = CommandRejected(cause.id, cause.source, refusal.code, refusal.detail, refusal.hint)
    return Decision(received, order, Outcome.REFUSED, events=(rejected,), refusal=refusal)


def _head(decision: Decision[Order]) -> EventHead:
    order, received = decision.after, decision.received
    return EventHead(
        number=order.number or None,
        version=order.version,
        status=order.state,
        cause=received.cause,
        actor=None if received.actor is None else received.actor.name,
        rules=decision.rules,
    )


ORDER: Final[Aggregate[Order]] = Aggregate(
    name=KIND,
    source="/hub/orders",
    rules=RULES,
    facts=frozenset(BY_FACT),
    commands=MappingProxyType({row.kind: row.access.scope for row in TABLE}),
    empty=Order.shell,
    read=documents.order_from,
    write=documents.order_text,
    decide=visible.decide,
    objection=_objection,
    answer=_answer,
    columns=_columns,
    parked=lambda order: len(order.parked),
    parts=_parts,
    head=_head,
    status=projection.status_of,
    gave_up=references.gave_up,
)
