"""Exchanges: the returned order's side of an exchange; it decides (X-01 to X-09).

The exchange order itself is in `exchange_orders`.
"""

from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.identity import derive
from domain.deciding.machine import Machine
from domain.deciding.transitions import row
from domain.deciding.values import changed
from domain.deciding.words import cover
from domain.orders import events, facts
from domain.orders.order import Exchange, ExchangeState, Order, Replaced, Return
from domain.orders.scratchpad import OrderPad, OrderTransition
from domain.orders.steps import Step

PENDING: Final = ExchangeState.PENDING
RELEASED: Final = ExchangeState.RELEASED
DONE: Final = ExchangeState.DONE
CANCELLED: Final = ExchangeState.CANCELLED
_AWAITED: Final = {PENDING: "opened", RELEASED: "released", DONE: "released", CANCELLED: "cancelled"}
cover(ExchangeState, _AWAITED, f"{__name__}._AWAITED", "say which answer of its order is awaited then")


def _release(pad: OrderPad, exchange: Exchange) -> None:
    returned = next(entry for entry in pad.order.returns if entry.code == exchange.rma_code)
    lines = tuple(facts.ExchangeLine(entry.line, entry.received) for entry in returned.lines if entry.received)
    replaced = tuple(Replaced(exchange.order_id, each.line, each.quantity, exchange.rma_code) for each in lines)
    pad.order = changed(pad.order, replaced=(*pad.order.replaced, *replaced))
    pad.emit(events.ExchangeReleased(exchange.rma_code, exchange.order_id))
    pad.send(exchange.order_id, facts.ReleaseExchange(pad.order.id, exchange.rma_code, lines))
    pad.arm(Deadline.EXCHANGE, pad.policy.exchange_answer, exchange.rma_code)


def _cancel(pad: OrderPad, exchange: Exchange) -> None:
    reason = pad.reason or "return_ended"
    pad.emit(events.ExchangeCancelled(exchange.rma_code, exchange.order_id, reason))
    pad.send(exchange.order_id, facts.CancelExchange(pad.order.id, exchange.rma_code, reason))
    pad.arm(Deadline.EXCHANGE, pad.policy.exchange_answer, exchange.rma_code)


def _fell_through(pad: OrderPad, exchange: Exchange) -> bool:
    """Tell whether its order was cancelled after all."""
    return "cancelled" in exchange.answers


def _give_money(pad: OrderPad, exchange: Exchange) -> None:
    """Turn the return into one for a refund: the replacement will not come (X-07)."""
    returned = next(entry for entry in pad.order.returns if entry.code == exchange.rma_code)
    pad.put_return(changed(returned, outcome="refund", settled=False))
    pad.emit(events.ExchangeCancelled(exchange.rma_code, exchange.order_id, "no_replacement"))


def _delivered(pad: OrderPad, exchange: Exchange) -> bool:
    """Tell whether it was delivered."""
    return "delivered" in exchange.answers


TABLE: Final[tuple[OrderTransition[Exchange], ...]] = (
    row("X-04", PENDING, Step.RETURN_VALIDATED, RELEASED, then=_release),
    row("X-06", PENDING, Step.RETURN_ENDED, CANCELLED, then=_cancel),
    row("X-07", PENDING, facts.SwitchReturnOutcome, CANCELLED, then=_cancel),
    row("X-07", RELEASED, facts.ExchangeAnswered, CANCELLED, when=_fell_through, then=_give_money),
    row("X-09", RELEASED, facts.ExchangeAnswered, DONE, when=_delivered),
)


def _put(pad: OrderPad, exchange: Exchange, state: StrEnum) -> None:
    _store(pad, changed(exchange, state=ExchangeState(state)))


def _store(pad: OrderPad, exchange: Exchange) -> None:
    kept = pad.order.exchanges
    new = tuple(exchange if other.rma_code == exchange.rma_code else other for other in kept)
    pad.order = changed(pad.order, exchanges=new)


MACHINE: Final = Machine(
    "exchange",
    TABLE,
    ExchangeState,
    begins=(PENDING,),
    ends=(DONE, CANCELLED),
    subjects=lambda pad: pad.order.exchanges,
    key=lambda exchange: exchange.rma_code,
    state=lambda exchange: exchange.state,
    put=_put,
)


def of(order: Order, rma_code: str) -> Exchange | None:
    """Return the exchange of this return."""
    return next((exchange for exchange in order.exchanges if exchange.rma_code == rma_code), None)


def open_for(pad: OrderPad, returned: Return) -> None:
    """Open the exchange order by a message; it is held until the return is validated (X-01)."""
    order = pad.order
    exchange = Exchange(returned.code, derive(order.id, "exchange", returned.code))
    pad.order = changed(order, exchanges=(*order.exchanges, exchange), links=(*order.links, exchange.order_id))
    pad.rules.append("X-01")
    pad.emit(events.ExchangeCreated(returned.code, exchange.order_id))
    pad.emit(events.OrderLinked(exchange.order_id, "exchange"))
    pad.send(exchange.order_id, _opening(order, returned))
    pad.arm(Deadline.EXCHANGE, pad.policy.exchange_answer, returned.code)


def _opening(order: Order, returned: Return) -> facts.OpenExchange:
    assert order.contact is not None
    assert order.contact.shipping_address is not None
    return facts.OpenExchange(
        origin_id=order.id,
        origin_number=order.number,
        rma_code=returned.code,
        number=order.number_of("X", len(order.exchanges) + 1),
        store=order.store,
        channel=order.channel,
        currency=order.currency,
        customer=order.contact.customer,
        shipping_address=order.contact.shipping_address,
        lines=tuple(_replacement(order, each.line, each.quantity, each.exchange_sku) for each in returned.lines),
        carrier=order.carrier,
    )


def _replacement(order: Order, number: int, quantity: int, sku: str | None) -> facts.OrderLine:
    line = order.line(number)
    assert line is not None
    same = sku in (None, line.sku)
    return facts.OrderLine(
        line=number,
        sku=sku or line.sku,
        quantity=quantity,
        unit_price=0,
        model=line.model,
        title=line.title,
        variant=line.variant if same else None,
    )


def answered(pad: OrderPad, fact: facts.ExchangeAnswered) -> Answer:
    """Record the exchange order's answer (X-09); a refusal raises the alert `exchange_refused`."""
    exchange = of(pad.order, fact.rma_code)
    if exchange is None:
        return Outcome.PARKED
    if fact.outcome in exchange.answers:
        return Late(Why.REPEATED, f"the exchange order has answered {fact.outcome}")
    _store(pad, changed(exchange, answers=(*exchange.answers, fact.outcome)))
    if fact.outcome in (_AWAITED[exchange.state], "refused"):
        pad.disarm(Deadline.EXCHANGE, exchange.rma_code)
    if fact.outcome == "refused":
        pad.alert("exchange_refused", text=fact.code)
    MACHINE.take(pad, MACHINE.current(pad, exchange.rma_code), facts.ExchangeAnswered)
    return Outcome.APPLIED
