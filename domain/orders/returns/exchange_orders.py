"""Exchange orders: an order in place of returned goods, and the gate that holds it (X-04 to X-08)."""

from collections.abc import Callable
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import Value, changed
from domain.orders import facts, holds
from domain.orders.goods import shipping
from domain.orders.order import ENDED, LINES, SHIPMENT_RANK, Line, LineState, Order, ShipmentState
from domain.orders.scratchpad import UNEXPECTED, OrderPad

EXCHANGE: Final = holds.EXCHANGE


class Condition(Value):
    """One condition of the exchange gate: its name, the party that owes it, and whether a line meets it."""

    name: str
    party: str
    met: Callable[[Order, Line], bool]


def _arrived(order: Order, line: Line) -> bool:
    return EXCHANGE not in order.holds


def _even(order: Order, line: Line) -> bool:
    return line.price == 0


def _there(order: Order, line: Line) -> bool:
    return line.state in LINES["provided"]


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
    """Return the conditions of the gate that some line does not meet yet."""
    lines = [line for line in order.lines if line.state in LINES["kept"]]
    return tuple(each.name for each in GATE if not all(each.met(order, line) for line in lines))


MISDIRECTED: Final = "misdirected"
"""The alert of what another order says of a return that is none of this one's."""


def held(pad: OrderPad, order: Order) -> bool:
    """Tell whether it is held for the return."""
    return holds.EXCHANGE in order.holds


def is_released(pad: OrderPad, order: Order) -> bool:
    """Tell whether the return is in, but the replacement is not."""
    return order.kind == "exchange" and not held(pad, order)


def stoppable(pad: OrderPad, order: Order) -> bool:
    """Tell whether its return has ended, and the warehouse has none of its goods (O-37)."""
    unwanted = order.unwanted is not None and held(pad, order)
    return unwanted and all(each.rank <= SHIPMENT_RANK[ShipmentState.RESERVED] for each in order.live_shipments)


def gone(pad: OrderPad, order: Order) -> bool:
    """Tell whether the return has ended, but its replacement is packed already."""
    unwanted = order.unwanted is not None and held(pad, order)
    return unwanted and order.lowest >= SHIPMENT_RANK[ShipmentState.PACKED]


def released(pad: OrderPad, fact: facts.ReleaseExchange) -> Answer:
    """Follow the release by the returned order, or answer why not (X-04, X-05)."""
    order = pad.order
    if order.origin is None or order.origin.rma_code != fact.rma_code:
        return pad.alert_once(MISDIRECTED, UNEXPECTED, fact.rma_code)
    if order.state in ENDED:
        answer(pad, "refused", str(order.state))
        return Outcome.APPLIED
    return Outcome.APPLIED if held(pad, order) else Late(Why.REPEATED, "the exchange is released")


def cancelled(pad: OrderPad, fact: facts.CancelExchange) -> Answer:
    """Note that the exchange is not wanted any more, or answer why it goes on (X-06, X-07).

    The order is cancelled once its goods are stopped.
    """
    order = pad.order
    if order.origin is None or order.origin.rma_code != fact.rma_code:
        return pad.alert_once(MISDIRECTED, UNEXPECTED, fact.rma_code)
    if order.state in ENDED:
        return Late(Why.SETTLED, f"the order is {order.state}")
    if held(pad, order):
        pad.order = changed(order, unwanted=fact.reason)
        pad.rules.append("X-06")
    else:
        answer(pad, "refused", "packed")
    return Outcome.APPLIED


def answer(pad: OrderPad, outcome: str, code: str | None = None) -> None:
    """Send an answer to the returned order; any other kind of order sends none."""
    order = pad.order
    if order.origin is not None and order.kind == "exchange":
        origin = order.origin
        pad.send(origin.order_id, facts.ExchangeAnswered(order.id, origin.rma_code, outcome, code))


def let_go(pad: OrderPad, order: Order) -> None:
    """Release the hold, and reduce the lines to the quantities that were returned (X-04, X-05, R-09)."""
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


def too_late(pad: OrderPad, order: Order) -> None:
    """Answer that the replacement is sent in spite of the ended return (X-06)."""
    holds.take_off(pad, holds.EXCHANGE)
    answer(pad, "refused", "packed")
