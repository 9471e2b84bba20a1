"""Release: handing a reserved shipment to the warehouse, and taking it back (S-06, S-12, S-13)."""

from contracts.shop import DeliveryAddress
from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, holds, requests
from domain.orders.goods import availability
from domain.orders.money import payments, renewal
from domain.orders.order import LineState, Shipment
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step


def releasable(pad: OrderPad, shipment: Shipment) -> bool:
    """Tell whether nothing holds the order, and its total is covered by money that still stands."""
    return holds.free(pad.order) and payments.covered(pad.order) and renewal.stands(pad)


def release(pad: OrderPad, shipment: Shipment) -> None:
    """Request that the warehouse sends the shipment."""
    order = pad.order
    address = None if order.contact is None else order.contact.address_of(shipment.id)
    assert address is not None
    lines = availability.lines_of(order, shipment)
    again = () if shipment.stopped_at is None else (shipment.round,)
    pad.ask(
        requests.ShipmentRelease(
            request_id=pad.id("release", shipment.id, *again),
            shipment_id=shipment.id,
            number=order.number,
            address=DeliveryAddress.of(address),
            lines=tuple(
                changed(availability.asked_line(line, line.quantity), personalisation=line.personalisation)
                for line in lines
            ),
            carrier=shipment.carrier or order.carrier,
        )
    )
    pad.put_shipment(changed(shipment, released_at=pad.now))
    pad.arm(Deadline.FULFILMENT, pad.policy.fulfilment_answer, shipment.id)


def stop(pad: OrderPad, shipment: Shipment) -> None:
    """Record that the warehouse stopped the shipment; its lines are not reserved any more (S-13)."""
    stopped_at = pad.received.occurred_at
    pad.put_shipment(
        changed(shipment, recalled=True, stopped_at=stopped_at, released_at=None, answered_at=None, answer=())
    )
    availability.mark(pad, shipment, LineState.REQUESTED)
    pad.disarm(Deadline.FULFILMENT, shipment.id)


def withdraw(pad: OrderPad, shipment: Shipment) -> None:
    """Withdraw the availability request, and cancel goods that the warehouse has stopped (O-27)."""
    availability.withdraw(pad, shipment)
    if shipment.stopped_at is not None:
        pad.ask(requests.ShipmentCancelled(pad.id("shipment-cancelled", shipment.id), shipment.id))


def drop_lines(pad: OrderPad, shipment: Shipment) -> None:
    """Cancel the lines of a cancelled shipment, and publish the lower total (S-12)."""
    before = pad.order.total
    pad.put_lines(
        tuple(
            changed(line, state=LineState.CANCELLED, base=line.full_price, price=0)
            if line.line in shipment.lines
            else line
            for line in pad.order.lines
        )
    )
    if pad.order.total != before:
        pad.emit(events.OrderRepriced(pad.money(before), pad.money(pad.order.total)))
    for kind in (Deadline.AVAILABILITY, Deadline.RESTOCK, Deadline.EDIT):
        pad.disarm(kind, shipment.id)
    pad.tell(Step.SHRUNK)
