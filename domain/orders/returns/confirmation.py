"""Confirmation: what happens when a drafted return is confirmed (R-02, R-03)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, requests
from domain.orders.order import Return
from domain.orders.returns import exchanges, receipts
from domain.orders.scratchpad import OrderPad


def needs_receipt(pad: OrderPad, returned: Return) -> bool:
    """Tell whether a receipt is required."""
    return returned.receipt_required


def announce(pad: OrderPad, returned: Return) -> None:
    """Announce the return to the warehouse and the customer; open the exchange order if there is to be one."""
    order = pad.order
    skus = {line.line: line.sku for line in order.lines}
    parcel = [entry for entry in returned.lines if not receipts.is_digital(order, entry.line)]
    lines = tuple(requests.AskedLine(entry.line, skus[entry.line], entry.quantity) for entry in parcel)
    _count_digital(pad, returned)
    expires_at = pad.arm(Deadline.RETURN, pad.policy.return_expiry, returned.code)
    announced = pad.id("announced", returned.code)
    pad.ask(requests.ReturnAnnounced(announced, returned.code, order.number, lines, expires_at))
    pad.emit(events.ReturnConfirmed(returned.code, returned.outcome))
    pad.email("rma", returned.code, rma_code=returned.code)
    if returned.outcome == "exchange":
        exchanges.open_for(pad, returned)


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
