"""The carriers: scan parcels that a warehouse hands over, some by the tracking number alone."""

from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from contracts import topics
from contracts.carriers import CarrierCollected, CarrierDelivered, CarrierException, CarrierInTransit
from contracts.message import Message
from contracts.references import PREFIX
from contracts.warehouse import ShipmentHandedOver, ShipmentRelease
from simulators.partner import Partner, in_turn
from simulators.planned import Heard, Planned, Trick
from simulators.tracking import carrier_of, is_reused, tracking_number

BY_REFERENCE: Final = 0.3  # share of parcels whose carrier doesn't know the order
STRUCTURED: Final = "northpost"
"""The carrier whose events are CloudEvents in structured mode."""
PLACES: Final = ("Lille", "Maastricht", "Metz", "Dijon")


class Carriers(Partner):
    """All carriers; a parcel is taken on once, at its hand-over or, early, at its release."""

    slug = "carriers"
    writes = topics.CARRIER
    hears = MappingProxyType({topics.WAREHOUSE: (ShipmentHandedOver,), topics.WAREHOUSE_REQUESTS: (ShipmentRelease,)})
    answers_again = False

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Scan a parcel from its collection to its delivery."""
        shipment_id, carrier, tracking = self._label(heard.message)
        self.ledger.count("parcels_carried")
        if is_reused(self.settings, shipment_id):  # scans by the number alone may go to another parcel's order
            self.ledger.explain("numbers_reused", heard.order_id, carrier, shipment_id)
        said = [
            self._scan(scan, heard.order_id, carrier, tracking, shipment_id)
            for scan in self._scans(carrier, tracking, shipment_id, rng)
        ]
        turned = in_turn(*said, waits=[self.settings.pace.wait(rng) for _ in said])
        early = isinstance(heard.message, ShipmentRelease)
        return [item.marked(Trick.EARLY) for item in turned] if early else turned

    def cares(self, heard: Heard) -> bool:
        """Take a parcel on at its release if it is one of the early ones, else at its hand-over."""
        early = self.chance.happens(self.settings.mischief.early, "early", self.matter(heard))
        return early is isinstance(heard.message, ShipmentRelease)

    def matter(self, heard: Heard) -> str:
        """Return the shipment: it is one parcel, however often it is told of."""
        return str(getattr(heard.message, "shipment_id", heard.id))

    def _label(self, message: Message) -> tuple[str, str, str]:
        """Return shipment id, carrier and tracking number."""
        match message:
            case ShipmentHandedOver(shipment_id=shipment_id, carrier=carrier, tracking_number=number):
                return shipment_id, carrier, number
            case ShipmentRelease(shipment_id=shipment_id, carrier=wished):
                carrier = carrier_of(self.settings.seed, shipment_id, wished)
                return shipment_id, carrier, tracking_number(self.settings, shipment_id, carrier)
            case _:
                raise AssertionError(f"carriers do not hear {message.type()}")

    def _scans(self, carrier: str, tracking: str, shipment_id: str, rng: Random) -> list[Message]:
        about = {"tracking_number": tracking, "carrier": carrier}
        if not self._knows_the_number_alone(shipment_id):
            about["shipment_id"] = shipment_id
        scans: list[Message] = [
            CarrierCollected(**about),
            CarrierInTransit(**about, location=rng.choice(PLACES)),
            CarrierDelivered(**about),
        ]
        if self.chance.happens(self.settings.mischief.carrier_exceptions, "exception", shipment_id):
            self.ledger.count("carrier_exceptions")
            scans.insert(2, CarrierException(**about, code="address_not_found", text="A second try tomorrow."))
        return scans

    def _scan(self, scan: Message, order_id: str, carrier: str, tracking: str, shipment_id: str) -> Planned:
        said = self.say(scan, order_id, 0, shipment_id)
        said = replace(said, source=f"/partners/{carrier}", structured=carrier == STRUCTURED)
        if self._knows_the_number_alone(shipment_id):
            self.ledger.count("records_by_reference")
            return replace(said, reference=PREFIX + tracking)
        return said

    def _knows_the_number_alone(self, shipment_id: str) -> bool:
        return self.chance.happens(BY_REFERENCE, "by_reference", shipment_id)
