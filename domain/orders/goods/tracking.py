"""Tracking: the carrier's scans of a shipment (S-09 to S-11)."""

from typing import Final

from domain.deciding.decision import Answer, Outcome
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.goods import shipping
from domain.orders.order import Order, Scan, Shipment
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
    """Move the shipment to the state that the scan implies, and keep the newest scan (S-09 to S-11)."""
    shipment = _parcel(pad.order, fact)
    if shipment is None:
        return Outcome.PARKED
    new = changed(
        shipment,
        carrier=shipment.carrier if shipment.tracking_number else fact.carrier or shipment.carrier,
        tracking_number=shipment.tracking_number or fact.tracking_number,
        scan=_newest(pad, shipment.scan, fact),
        returned_to_sender=shipment.returned_to_sender or isinstance(fact, facts.CarrierReturnedToSender),
    )
    return shipping.reach(pad, new, shipment)


def _parcel(order: Order, fact: CarrierFact) -> Shipment | None:
    """Return the shipment of a scan, by its id or tracking number.

    If neither is known, the scan belongs to the only shipment, provided that it has no tracking number yet.
    """
    by_number = [s for s in order.shipments if s.tracking_number == fact.tracking_number]
    by_id = [s for s in order.shipments if s.id == fact.shipment_id]
    unnamed = [s for s in order.live_shipments if s.tracking_number is None]
    if by_id or by_number:
        return (by_id or by_number)[0]
    return unnamed[0] if len(unnamed) == 1 and len(order.live_shipments) == 1 else None


def _newest(pad: OrderPad, last: Scan | None, fact: CarrierFact) -> Scan:
    kind = _SCANS[type(fact)]
    scan = Scan(pad.received.occurred_at, pad.received.cause.id, kind, fact.location)
    if last is None or last.at < scan.at:
        return scan
    repeated = (last.at, last.kind, last.location) == (scan.at, scan.kind, scan.location)
    return last if repeated or (last.at, last.id) >= (scan.at, scan.id) else scan
