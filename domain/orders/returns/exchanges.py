"""Exchanges: the returned order decides (X-01 to X-09), the exchange order obeys or answers why not.

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome
from domain.deciding.identity import derive
from domain.deciding.machine import Machine
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Step, Transition, row
from domain.deciding.values import Value, changed
from domain.deciding.words import cover
from domain.orders import events, facts, holds
from domain.orders.goods import shipping
from domain.orders.order import (
    ENDED,
    SHIPMENT_RANK,
    Exchange,
    ExchangeState,
    Line,
    LineState,
    Order,
    Return,
    ShipmentState,
)

EXCHANGE: Final = holds.EXCHANGE
PENDING: Final = ExchangeState.PENDING
RELEASED: Final = ExchangeState.RELEASED
DONE: Final = ExchangeState.DONE
CANCELLED: Final = ExchangeState.CANCELLED
_AWAITED: Final = {PENDING: "opened", RELEASED: "released", DONE: "released", CANCELLED: "cancelled"}
cover(ExchangeState, _AWAITED, f"{__name__}._AWAITED", "say which answer of its order is awaited then")


def _release(pad: Scratchpad, exchange: Exchange) -> None:
    returned = next(entry for entry in pad.order.returns if entry.code == exchange.rma_code)
    lines = tuple(facts.ExchangeLine(entry.line, entry.received) for entry in returned.lines if entry.received)
    pad.emit(events.ExchangeReleased(exchange.rma_code, exchange.order_id))
    pad.send(exchange.order_id, facts.ReleaseExchange(pad.order.id, exchange.rma_code, lines))
    pad.arm(Deadline.EXCHANGE, pad.policy.exchange_answer, exchange.rma_code)


def _cancel(pad: Scratchpad, exchange: Exchange) -> None:
    reason = pad.reason or "return_ended"
    pad.emit(events.ExchangeCancelled(exchange.rma_code, exchange.order_id, reason))
    pad.send(exchange.order_id, facts.CancelExchange(pad.order.id, exchange.rma_code, reason))
    pad.arm(Deadline.EXCHANGE, pad.policy.exchange_answer, exchange.rma_code)


def _fell_through(pad: Scratchpad, exchange: Exchange) -> bool:
    """Tell whether its order was cancelled after all."""
    return "cancelled" in exchange.answers


def _give_money(pad: Scratchpad, exchange: Exchange) -> None:
    """Turn the return into one for money: the goods are back, the replacement will not come (X-07)."""
    returned = next(entry for entry in pad.order.returns if entry.code == exchange.rma_code)
    pad.put_return(changed(returned, outcome="refund", settled=False))
    pad.emit(events.ExchangeCancelled(exchange.rma_code, exchange.order_id, "no_replacement"))


def _delivered(pad: Scratchpad, exchange: Exchange) -> bool:
    """Tell whether it was delivered."""
    return "delivered" in exchange.answers


class Condition(Value):
    """One condition of the exchange gate, per line: its name, who owes it, and whether it is met."""

    name: str
    party: str
    met: Callable[[Order, Line], bool]


def _arrived(order: Order, line: Line) -> bool:
    return EXCHANGE not in order.holds


def _even(order: Order, line: Line) -> bool:
    return line.price == 0


def _there(order: Order, line: Line) -> bool:
    return line.state in (LineState.RESERVED, LineState.SHIPPED, LineState.RETURNED)


def _unheld(order: Order, line: Line) -> bool:
    return all(hold == EXCHANGE for hold in order.holds) and not holds.blocked(order)


GATE: Final[tuple[Condition, ...]] = (
    Condition("returned goods received and accepted", "warehouse", _arrived),
    Condition("price difference settled", "agent", _even),
    Condition("replacement available", "warehouse", _there),
    Condition("no other hold", "agent", _unheld),
)
"""What a line of an exchange order needs before it may be sent; the quantity is that of the pieces accepted (R-09).

The first is told by the returned order with the quantities (X-04, X-05), under the deadline of its return (X-06); the
second holds from the start, since an uneven exchange is a refund and another order (X-08, A-14); the third has a
deadline of its own once the goods are back, and falls back to a refund (X-07).
"""


def unmet(order: Order) -> tuple[str, ...]:
    """Return the conditions of the gate that lines of an exchange order still wait for."""
    lines = [line for line in order.lines if line.state is not LineState.CANCELLED]
    return tuple(each.name for each in GATE if not all(each.met(order, line) for line in lines))


TABLE: Final[tuple[Transition[Exchange], ...]] = (
    row("X-04", PENDING, Step.RETURN_VALIDATED, RELEASED, then=_release),
    row("X-06", PENDING, Step.RETURN_ENDED, CANCELLED, then=_cancel),
    row("X-07", PENDING, facts.SwitchReturnOutcome, CANCELLED, then=_cancel),
    row("X-07", RELEASED, facts.ExchangeAnswered, CANCELLED, when=_fell_through, then=_give_money),
    row("X-09", RELEASED, facts.ExchangeAnswered, DONE, when=_delivered),
)


def _put(pad: Scratchpad, exchange: Exchange, state: StrEnum) -> None:
    _store(pad, changed(exchange, state=ExchangeState(state)))


def _store(pad: Scratchpad, exchange: Exchange) -> None:
    kept = pad.order.exchanges
    new = tuple(exchange if other.rma_code == exchange.rma_code else other for other in kept)
    pad.order = changed(pad.order, exchanges=new)


MACHINE: Final = Machine(
    "exchange",
    TABLE,
    ExchangeState,
    begins=(PENDING,),
    subjects=lambda pad: pad.order.exchanges,
    key=lambda exchange: exchange.rma_code,
    state=lambda exchange: exchange.state,
    put=_put,
)


def of(order: Order, rma_code: str) -> Exchange | None:
    """Return the exchange that belongs to this return."""
    return next((exchange for exchange in order.exchanges if exchange.rma_code == rma_code), None)


def open_for(pad: Scratchpad, returned: Return) -> None:
    """Have the exchange order made: another order, by message, held until the return is validated (X-01)."""
    order = pad.order
    assert order.contact is not None
    assert order.contact.shipping_address is not None
    exchange = Exchange(returned.code, derive(order.id, "exchange", returned.code))
    number = f"{order.number}-X{len(order.exchanges) + 1}"
    lines = tuple(_replacement(order, entry.line, entry.quantity, entry.exchange_sku) for entry in returned.lines)
    pad.order = changed(order, exchanges=(*order.exchanges, exchange), links=(*order.links, exchange.order_id))
    pad.rules.append("X-01")
    pad.emit(events.ExchangeCreated(returned.code, exchange.order_id))
    pad.emit(events.OrderLinked(exchange.order_id, "exchange"))
    pad.send(
        exchange.order_id,
        facts.OpenExchange(
            origin_id=order.id,
            origin_number=order.number,
            rma_code=returned.code,
            number=number,
            store=order.store,
            channel=order.channel,
            currency=order.currency,
            customer=order.contact.customer,
            shipping_address=order.contact.shipping_address,
            lines=lines,
            carrier=order.carrier,
        ),
    )
    pad.arm(Deadline.EXCHANGE, pad.policy.exchange_answer, returned.code)


def _replacement(order: Order, number: int, quantity: int, sku: str | None) -> facts.OrderLine:
    line = order.line(number)
    assert line is not None
    return facts.OrderLine(line=number, sku=sku or line.sku, quantity=quantity, unit_price=0, model=line.model)


def answered(pad: Scratchpad, fact: facts.ExchangeAnswered) -> Answer:
    """Take the exchange order's answer (X-09); a refusal needs a person."""
    exchange = of(pad.order, fact.rma_code)
    if exchange is None:
        return Outcome.PARKED
    if fact.outcome in exchange.answers:
        return Outcome.LATE
    _store(pad, changed(exchange, answers=(*exchange.answers, fact.outcome)))
    if fact.outcome in (_AWAITED[exchange.state], "refused"):
        pad.disarm(Deadline.EXCHANGE, exchange.rma_code)
    if fact.outcome == "refused":
        pad.alert("exchange_refused", text=fact.code)
    MACHINE.take(pad, MACHINE.current(pad, exchange.rma_code), facts.ExchangeAnswered)
    return Outcome.APPLIED


def answer(pad: Scratchpad, outcome: str, code: str | None = None) -> None:
    """Tell the returned order what this exchange order did."""
    order = pad.order
    if order.origin is not None and order.kind == "exchange":
        origin = order.origin
        pad.send(origin.order_id, facts.ExchangeAnswered(order.id, origin.rma_code, outcome, code))


def held(pad: Scratchpad, order: Order) -> bool:
    """Tell whether it is held for the return."""
    return holds.EXCHANGE in order.holds


def is_released(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the return is in, the replacement isn't."""
    return order.kind == "exchange" and not held(pad, order)


def released(pad: Scratchpad, fact: facts.ReleaseExchange) -> Answer:
    """Obey the returned order, or answer why not (X-04, X-05)."""
    order = pad.order
    if order.origin is None or order.origin.rma_code != fact.rma_code:
        return Outcome.LATE
    if order.state in ENDED:
        answer(pad, "refused", str(order.state))
        return Outcome.APPLIED
    return Outcome.APPLIED if held(pad, order) else Outcome.LATE


def cancelled(pad: Scratchpad, fact: facts.CancelExchange) -> Answer:
    """Obey the returned order as soon as the goods are stopped, or answer why not (X-06, X-07)."""
    order = pad.order
    if order.origin is None or order.origin.rma_code != fact.rma_code or order.state in ENDED:
        return Outcome.LATE
    if held(pad, order):
        pad.order = changed(order, unwanted=fact.reason)
    else:
        answer(pad, "refused", "packed")
    return Outcome.APPLIED


def stoppable(pad: Scratchpad, order: Order) -> bool:
    """Tell whether its return has ended, and the warehouse has none of its goods (O-37)."""
    unwanted = order.unwanted is not None and held(pad, order)
    return unwanted and all(each.rank <= SHIPMENT_RANK[ShipmentState.RESERVED] for each in order.live_shipments)


def gone(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the return has ended, its replacement is packed already."""
    unwanted = order.unwanted is not None and held(pad, order)
    return unwanted and order.lowest >= SHIPMENT_RANK[ShipmentState.PACKED]


def too_late(pad: Scratchpad, order: Order) -> None:
    """Tell the returned order that the replacement goes out all the same (X-06)."""
    holds.take_off(pad, holds.EXCHANGE)
    answer(pad, "refused", "packed")


def let_go(pad: Scratchpad, order: Order) -> None:
    """Take the hold off for the quantities that came back (X-04, X-05, R-09)."""
    fact = pad.received.fact
    assert isinstance(fact, facts.ReleaseExchange)
    if order.lowest <= SHIPMENT_RANK[ShipmentState.RESERVED]:
        quantities = {line.line: line.quantity for line in fact.lines}
        pad.put_lines(tuple(_reduced(line, quantities.get(line.line, 0)) for line in order.lines))
        fewer = {line.line for line in order.lines if quantities.get(line.line, 0) < line.quantity}
        for shipment in pad.order.live_shipments:
            if fewer & set(shipment.lines):
                shipping.shrink(pad, shipment, {number for number in shipment.lines if quantities.get(number, 0)})
    holds.take_off(pad, holds.EXCHANGE)
    answer(pad, "released")
    if pad.order.lowest < SHIPMENT_RANK[ShipmentState.RESERVED]:
        pad.arm(Deadline.REPLACEMENT, pad.policy.exchange_wait)


def _reduced(line: Line, quantity: int) -> Line:
    if quantity >= line.quantity:
        return line
    return changed(line, quantity=quantity, state=line.state if quantity else LineState.CANCELLED)
