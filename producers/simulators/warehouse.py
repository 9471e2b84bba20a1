"""The warehouse's floor: picks, packs and hands over what is released, and answers recalls."""

from random import Random
from types import MappingProxyType

from contracts import topics
from contracts.warehouse import (
    ItemCorrected,
    ItemCorrectionRequested,
    ParcelPacked,
    PickingStarted,
    RecallRefused,
    RecallRequested,
    ShipmentHandedOver,
    ShipmentRelease,
)
from producers.simulators.partner import Partner, in_turn
from producers.simulators.planned import Heard, Planned
from producers.simulators.tracking import carrier_of, tracking_number


class Warehouse(Partner):
    """The warehouse; it starts on a release at once, so a recall always comes too late."""

    slug = "warehouse"
    writes = topics.WAREHOUSE
    hears = MappingProxyType({topics.WAREHOUSE_REQUESTS: (ShipmentRelease, RecallRequested, ItemCorrectionRequested)})

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Do what is asked."""
        wait = self.settings.pace.wait
        match heard.message:
            case ShipmentRelease() as release:
                return self._fulfil(heard, release, rng)
            case RecallRequested(shipment_id=shipment_id):
                return [self.say(RecallRefused(shipment_id=shipment_id), heard.order_id, wait(rng), heard.matter)]
            case ItemCorrectionRequested(model=model):
                return [self.say(ItemCorrected(model=model), heard.order_id, wait(rng), heard.matter)]
            case _:
                return []

    def _fulfil(self, heard: Heard, release: ShipmentRelease, rng: Random) -> list[Planned]:
        shipment_id, seed = release.shipment_id, self.settings.seed
        handed_over = ShipmentHandedOver(
            shipment_id=shipment_id,
            carrier=carrier_of(seed, shipment_id, release.carrier),
            tracking_number=tracking_number(seed, shipment_id),
        )
        steps = (
            PickingStarted(shipment_id=shipment_id),
            ParcelPacked(shipment_id=shipment_id, parcel_id=self.chance.id("parcel", shipment_id)),
            handed_over,
        )
        self.ledger.count("shipments_released")
        said = [self.say(step, heard.order_id, 0, shipment_id) for step in steps]
        return in_turn(*said, waits=[self.settings.pace.wait(rng) for _ in steps])
