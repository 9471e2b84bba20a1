"""Decisions: one more fact is told to an order as it stands; and what a decision says, in short."""

from datetime import timedelta

from domain.deciding.decision import Decision, Known, Policy
from domain.deciding.received import Actor
from domain.orders import events, facts
from domain.orders.facts import Fact
from domain.orders.goods.availability import request_id
from domain.orders.money.authorisation import authorization_id
from domain.orders.order import Order
from domain.orders.view.visible import decide as receive
from tests.domain.world.cast import BOSS, SEARCHING, START, money, received


def when(
    order: Order, fact: Fact, *, policy: Policy | None = None, actor: Actor | None = None, days: int = 1
) -> Decision[Order]:
    """The decision on a fact that comes days later than all before; commands come from somebody who may do all."""
    actor = actor or (BOSS if isinstance(fact, facts.Command) else None)
    later = received(fact, "now", START + timedelta(days=days), actor)
    return receive(order, later, Known(policy or SEARCHING))[-1]


def code_when(order: Order, fact: Fact, actor: Actor = BOSS) -> str | None:
    """The code that a fact is refused with; nothing if it is taken."""
    return code_of(when(order, fact, actor=actor))


def due(order: Order, kind: str, *, policy: Policy | None = None) -> Decision[Order]:
    """The decision on the deadline of this kind."""
    timer = next(timer for timer in order.timers if timer.kind == kind)
    return when(order, facts.TimerDue(timer.id, timer.kind, timer.due_at), policy=policy)


def names(decision: Decision[Order]) -> set[str]:
    """The classes of the events and requests that came out."""
    return {type(made).__name__ for made in (*decision.events, *decision.requests)}


def alerts(decision: Decision[Order]) -> set[str]:
    """The alerts that were raised."""
    return {event.alert for event in decision.events if isinstance(event, events.AlertRaised)}


def code_of(decision: Decision[Order]) -> str | None:
    """The code of a refusal; nothing for what was taken."""
    return None if decision.refusal is None else decision.refusal.code


def detail_of(decision: Decision[Order]) -> str:
    """What a refusal says of the order; nothing for what was taken."""
    return "" if decision.refusal is None else decision.refusal.detail


def hint_of(decision: Decision[Order]) -> str:
    """What a refusal tells its author to do instead."""
    return "" if decision.refusal is None else decision.refusal.hint or ""


def why_of(decision: Decision[Order]) -> str | None:
    """Why a fact changed nothing; nothing for one that counts."""
    return None if decision.late is None else decision.late.why


def standing(order: Order) -> object:
    """All that a table could move."""
    money = (order.payment.authorised, order.payment.captured, order.payment.voided)
    parts = (order.shipments, order.returns, order.refunds, order.flashes, order.exchanges)
    return (order.state, [[str(each.state) for each in part] for part in parts], order.holds, money, order.lines)


def authorized(order: Order) -> facts.PaymentAuthorized:
    """The bank reserves the money that was asked for last."""
    return facts.PaymentAuthorized(authorization_id(order.id, order.payment.attempt), "p-1", money(order.total))


def reported(order: Order, status: str = "available", stock: int | None = None) -> facts.AvailabilityReported:
    """The warehouse says this of every line of the first shipment."""
    shipment = order.shipments[0]
    lines = tuple(facts.ReportedLine(number, status, stock) for number in shipment.lines)
    return facts.AvailabilityReported(
        request_id=request_id(order.id, shipment.id, shipment.round), shipment_id=shipment.id, lines=lines
    )


def exchange_released(order: Order) -> facts.ReleaseExchange:
    """The order that this one replaces goods of lets it go."""
    assert order.origin is not None
    return facts.ReleaseExchange(order.origin.order_id, order.origin.rma_code, (facts.ExchangeLine(1, 1),))


def exchange_called_off(order: Order) -> facts.CancelExchange:
    """The order that this one replaces goods of needs it no more."""
    assert order.origin is not None
    return facts.CancelExchange(order.origin.order_id, order.origin.rma_code, "expired")
