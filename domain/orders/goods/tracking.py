"""Tracking: the carrier's scans of a shipment (S-09 to S-11)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from contracts.references import TRACKING, same
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.goods import coming_back, shipping
from domain.orders.order import Order, Scan, Shipment, ShipmentState
from domain.orders.scratchpad import OrderPad

CarrierFact = (
    facts.CarrierCollected
    | facts.CarrierInTransit
    | facts.CarrierDelivered
    | facts.CarrierException
    | facts.CarrierReturnedToSender
)
_SCANS: Final[dict[type[facts.Fact], str]] = {
    facts.CarrierCollected: "collected",
    facts.CarrierInTransit: "in_transit",
    facts.CarrierDelivered: "delivered",
    facts.CarrierException: "exception",
    facts.CarrierReturnedToSender: "returned_to_sender",
}


def scanned(pad: OrderPad, fact: CarrierFact) -> Answer:
    """Move the shipment to the state that the scan implies, and keep the newest scan (S-09 to S-11, S-20, S-22)."""
    shipment = _parcel(pad.order, fact)
    if shipment is None:
        return Outcome.PARKED
    at = pad.received.occurred_at
    if shipment.reused and shipment.released_at is not None and at < shipment.released_at:
        return Late(Why.OVERTAKEN, "it scans the parcel that had the number before")
    turned = isinstance(fact, facts.CarrierReturnedToSender)
    new = changed(
        shipment,
        carrier=shipment.carrier if shipment.tracking_number else fact.carrier or shipment.carrier,
        tracking_number=shipment.tracking_number or fact.tracking_number,
        scan=_newest(pad, shipment.scan, fact),
        returned_to_sender=shipment.returned_to_sender or turned,
        returned_at=(shipment.returned_at or at) if turned else shipment.returned_at,
    )
    if isinstance(fact, facts.CarrierDelivered) and _at_its_sender(pad, shipment):
        return _came_back(pad, new, shipment)
    return shipping.reach(pad, new, shipment)


def _at_its_sender(pad: OrderPad, shipment: Shipment) -> bool:
    """Tell whether a parcel that was delivered had turned back before, so that its sender has it (S-22)."""
    turned_before = shipment.returned_at is None or shipment.returned_at <= pad.received.occurred_at
    return shipment.returned_to_sender and turned_before


def _came_back(pad: OrderPad, new: Shipment, old: Shipment) -> Answer:
    """Note that a parcel which had turned back was delivered to its sender (S-22): it is back, not at its address."""
    assert new.scan is not None
    if old.state is ShipmentState.CANCELLED:
        return shipping.after_cancel(pad, old)
    if old.rank < shipping.RESERVED_RANK:
        return Outcome.PARKED
    if old.back_at is not None or any(pad.received.occurred_at <= at for at in _deliveries(old)):
        return Late(Why.REPEATED, "the parcel is back, or was delivered since")
    scan = changed(new.scan, kind="delivered_to_sender")
    back = changed(new, scan=scan, back_at=max(pad.received.occurred_at, old.returned_at or pad.received.occurred_at))
    pad.put_shipment(back)
    pad.rules.append("S-22")
    pad.disarm(Deadline.DELIVERY, old.id)
    coming_back.close_later(pad)
    shipping.note(pad, back, old)
    pad.alert("returned_to_sender")
    return Outcome.APPLIED


def _deliveries(shipment: Shipment) -> Iterator[datetime]:
    """Yield when the parcel was delivered, as far as it is known."""
    if shipment.delivered_at is not None:
        yield shipment.delivered_at
    if shipment.scan is not None and shipment.scan.kind == "delivered":
        yield shipment.scan.at


def _parcel(order: Order, fact: CarrierFact) -> Shipment | None:
    """Return the shipment of a scan, by its id or tracking number.

    If neither is known, the scan belongs to the only shipment, provided that it has no tracking number yet.
    """
    by_number = [s for s in order.shipments if same(TRACKING, s.tracking_number, fact.tracking_number)]
    by_id = [s for s in order.shipments if s.id == fact.shipment_id]
    unnamed = [s for s in order.live_shipments if s.tracking_number is None]
    if by_id or by_number:
        return (by_id or by_number)[0]
    return unnamed[0] if len(unnamed) == 1 and len(order.live_shipments) == 1 else None


def _newest(pad: OrderPad, last: Scan | None, fact: CarrierFact) -> Scan:
    """Return the newer scan by the carrier's clock; of two at the same time the later one in the log (S-20)."""
    received, code, text = pad.received, fact.code, fact.text
    scan = Scan(received.occurred_at, received.cause.id, _SCANS[type(fact)], fact.location, code, text)
    if last is None or last.at < scan.at:
        return scan
    repeated = changed(last, id=scan.id) == scan
    return last if repeated or last.at > scan.at else scan
