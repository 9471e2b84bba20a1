"""Tracking numbers: given by the warehouse's label printer, known to the carrier from the label."""

from simulators.assortment import CARRIERS
from simulators.chance import Chance
from simulators.settings import Simulation


def tracking_number(settings: Simulation, shipment_id: str, carrier: str) -> str:
    """Return the number on a shipment's label; a printer out of numbers gives each carrier the same one again."""
    labels = Chance(settings.seed, "labels")
    matter = carrier if is_reused(settings, shipment_id) else shipment_id
    return "TN" + labels.id(matter).replace("-", "")[:16].upper()


def is_reused(settings: Simulation, shipment_id: str) -> bool:
    """Tell whether a shipment's number is one that other parcels of its carrier have, too."""
    return Chance(settings.seed, "labels").happens(settings.mischief.numbers_reused, "reused", shipment_id)


def carrier_of(seed: int, shipment_id: str, wished: str | None) -> str:
    """Return the carrier of a shipment: the one wished for, or one by lot."""
    return wished or Chance(seed, "labels").rng("carrier", shipment_id).choice(CARRIERS)
