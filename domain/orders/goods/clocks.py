"""Clocks: what partners' own times say of goods, as far as that is plausible; of equal times the log decides."""

from datetime import datetime

from contracts.references import TRACKING, same
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.order import Shipment
from domain.orders.scratchpad import OrderPad


def plausible(pad: OrderPad, since: datetime | None) -> datetime:
    """Return when its partner says that something happened, but never before `since`; now, where that isn't known."""
    return pad.now if since is None else max(since, pad.received.occurred_at)


def labelled(pad: OrderPad, shipment: Shipment, fact: facts.ShipmentHandedOver) -> Shipment:
    """Record the tracking number, unless its own clock is older; with another one the parcel is on its way anew."""
    at = pad.received.occurred_at
    if shipment.labelled_at is not None and at < shipment.labelled_at:
        return shipment
    same_number = same(TRACKING, fact.tracking_number, shipment.tracking_number)
    if same_number and fact.carrier == shipment.carrier and shipment.labelled_at is not None:
        return shipment
    known = shipment.tracking_number if same_number else fact.tracking_number
    new = changed(shipment, carrier=fact.carrier, tracking_number=known, labelled_at=at)
    return new if same_number else changed(new, returned_to_sender=False, returned_at=None, back_at=None)


def is_of_stopped_goods(pad: OrderPad, shipment: Shipment) -> bool:
    """Tell whether a fact is about goods that the warehouse has put back since.

    Its own time says so; at the same time the log decides, once the goods are released again.
    """
    assert shipment.stopped_at is not None
    at = pad.received.occurred_at
    return at < shipment.stopped_at if shipment.released_at is not None else at <= shipment.stopped_at
