"""The warehouse's floor: picks, packs and hands over what is released, and stops what isn't packed yet when asked."""

from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

from contracts import topics
from contracts.message import Message
from contracts.warehouse import (
    ItemCorrected,
    ItemCorrectionRequested,
    ParcelPacked,
    PickingStarted,
    RecallAccepted,
    RecallRefused,
    RecallRequested,
    ShipmentHandedOver,
    ShipmentRelease,
)
from simulators.assortment import NORTH, SOUTH
from simulators.chance import Chance
from simulators.ledger import Ledger
from simulators.partner import Partner, in_turn
from simulators.planned import Heard, Planned
from simulators.settings import Simulation
from simulators.tracking import carrier_of, tracking_number


@dataclass(slots=True)
class Work:
    """The work on one release: whether it was stopped, or is packed."""

    stopped: bool = False
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Whether a step of some work is not done after all, asked when it is due; packing it is the point of no return."""

    work: Work
    packs: bool

    def __call__(self) -> bool:
        """Return whether the work was stopped before this step."""
        if not self.work.stopped:
            self.work.packed |= self.packs
        return self.work.stopped


class Warehouse(Partner):
    """The northern warehouse; it works at once on what is released, and where no warehouse is named."""

    slug = "warehouse"
    only = MappingProxyType({"ce_warehouse": (None, NORTH.encode())})
    writes = topics.WAREHOUSE
    hears = MappingProxyType({topics.WAREHOUSE_REQUESTS: (ShipmentRelease, RecallRequested, ItemCorrectionRequested)})

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        super().__init__(settings, ledger)
        self._work: dict[str, Work] = {}
        """The latest release of each shipment."""

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Do what is asked."""
        wait = self.settings.pace.wait
        match heard.message:
            case ShipmentRelease() as release:
                return self._fulfil(heard, release, rng)
            case RecallRequested() as asked:
                return [self.say(self._stopped(asked), heard.order_id, wait(rng), heard.matter)]
            case ItemCorrectionRequested(model=model):
                return [self.say(ItemCorrected(model=model), heard.order_id, wait(rng), heard.matter)]
            case _:
                return []

    def _stopped(self, asked: RecallRequested) -> Message:
        """Stop what isn't packed; a parcel that its carrier has scanned already can't be."""
        shipment_id = asked.shipment_id
        work = self._work.setdefault(shipment_id, Work())
        with_carrier = Chance(self.settings.seed, "carriers").happens(
            self.settings.mischief.early, "early", shipment_id
        )
        if work.packed or with_carrier:
            self.ledger.count("recalls_refused")
            return RecallRefused(shipment_id=shipment_id, request_id=asked.request_id)
        work.stopped = True
        self.ledger.count("recalls_accepted")
        return RecallAccepted(shipment_id=shipment_id, request_id=asked.request_id)

    def _fulfil(self, heard: Heard, release: ShipmentRelease, rng: Random) -> list[Planned]:
        shipment_id = release.shipment_id
        carrier = carrier_of(self.settings.seed, shipment_id, release.carrier)
        number = tracking_number(self.settings, shipment_id, carrier)
        handed_over = ShipmentHandedOver(shipment_id=shipment_id, carrier=carrier, tracking_number=number)
        steps = (
            PickingStarted(shipment_id=shipment_id),
            ParcelPacked(shipment_id=shipment_id, parcel_id=self.chance.id("parcel", shipment_id)),
            handed_over,
        )
        work = self._work[shipment_id] = Work()
        self.ledger.count("shipments_released")
        said = [
            replace(
                self.say(step, heard.order_id, 0, release.request_id),
                unless=Dropped(work, packs=isinstance(step, ParcelPacked)),
            )
            for step in steps
        ]
        return in_turn(*said, waits=[self.settings.pace.wait(rng) for _ in steps])


class SouthernWarehouse(Warehouse):
    """The southern warehouse."""

    slug = "warehouse-south"
    only = MappingProxyType({"ce_warehouse": (SOUTH.encode(),)})
