"""Confirmation: what happens when a drafted return is confirmed (R-02, R-03)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, requests
from domain.orders.goods import availability
from domain.orders.order import SHIPMENTS, Order, Return
from domain.orders.returns import exchanges, receipts
from domain.orders.scratchpad import OrderPad

_OUT: Final = SHIPMENTS["out"]


def needs_receipt(pad: OrderPad, returned: Return) -> bool:
    """Tell whether a receipt is required."""
    return returned.receipt_required


def announce(pad: OrderPad, returned: Return) -> None:
    """Announce the return to the warehouse and the customer; open the exchange order if there is to be one."""
    order = pad.order
    lines = _parcel(order, returned)
    _count_digital(pad, returned)
    expires_at = pad.arm(Deadline.RETURN, pad.policy.return_expiry, returned.code)
    announced = pad.id("announced", returned.code)
    warehouse = _warehouse(order, {each.line for each in lines})
    pad.ask(requests.ReturnAnnounced(announced, returned.code, order.number, lines, expires_at, warehouse=warehouse))
    pad.emit(events.ReturnConfirmed(returned.code, returned.outcome))
    pad.email("rma", returned.code, rma_code=returned.code)
    if returned.outcome == "exchange":
        exchanges.open_for(pad, returned)


def _parcel(order: Order, returned: Return) -> tuple[requests.AskedLine, ...]:
    """Return what comes back in the parcel, each line once."""
    coming: dict[int, int] = {}
    for entry in returned.lines:
        if not receipts.is_digital(order, entry.line):
            coming[entry.line] = coming.get(entry.line, 0) + entry.quantity
    return tuple(availability.asked_line(line, coming[line.line]) for line in order.lines if line.line in coming)


def _warehouse(order: Order, numbers: set[int]) -> str | None:
    """Return the warehouse that all these lines were sent from; None where they came from several, or nobody knows."""
    carrying = [shipment for shipment in order.shipments if numbers & set(shipment.lines)]
    named = {shipment.from_warehouse for shipment in carrying if shipment.state in _OUT}
    return named.pop() if len(named) == 1 else None


def _count_digital(pad: OrderPad, returned: Return) -> None:
    """Count digital lines as received: they never travel (EP-40)."""
    counted = (
        changed(entry, received=entry.quantity) if receipts.is_digital(pad.order, entry.line) else entry
        for entry in returned.lines
    )
    pad.put_return(changed(returned, lines=tuple(counted)))


def without_receipt(pad: OrderPad, returned: Return) -> None:
    """Count all lines as received, and publish the confirmation."""
    pad.put_return(changed(returned, lines=tuple(changed(e, received=e.quantity) for e in returned.lines)))
    pad.emit(events.ReturnConfirmed(returned.code, returned.outcome))
