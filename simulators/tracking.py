"""Tracking numbers: given by the warehouse's label printer, known to the carrier from the label."""

from simulators.assortment import CARRIERS
from simulators.chance import Chance


def tracking_number(seed: int, shipment_id: str) -> str:
    """Return the number on a shipment's label."""
    return "TN" + Chance(seed, "labels").id(shipment_id).replace("-", "")[:16].upper()


def carrier_of(seed: int, shipment_id: str, wished: str | None) -> str:
    """Return the carrier of a shipment: the one wished for, or one by lot."""
    return wished or Chance(seed, "labels").rng("carrier", shipment_id).choice(CARRIERS)
