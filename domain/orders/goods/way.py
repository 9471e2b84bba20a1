"""The way of a shipment: which fact of a partner tells that it has come how far."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.words import cover
from domain.orders import facts
from domain.orders.order import ShipmentState

_TOLD: Final[Mapping[ShipmentState, type[facts.Fact] | None]] = {
    ShipmentState.PLANNED: None,
    ShipmentState.AWAITING_AVAILABILITY: None,
    ShipmentState.RESERVED: None,
    ShipmentState.RELEASED: None,
    ShipmentState.PICKING: facts.PickingStarted,
    ShipmentState.PACKED: facts.ParcelPacked,
    ShipmentState.SENT: facts.ShipmentHandedOver,
    ShipmentState.DELIVERED: facts.CarrierDelivered,
    ShipmentState.NOT_REQUIRED: None,
    ShipmentState.CANCELLED: None,
}
cover(ShipmentState, _TOLD, f"{__name__}._TOLD", "name the partner's fact that brings a shipment there, else None")
WAY: Final = tuple((state, fact) for state, fact in _TOLD.items() if fact is not None)
"""Which fact brings a shipment to which state, in order: a later fact tells of the ones before it (O-38)."""
REACHES: Final[Mapping[type[facts.Fact], ShipmentState]] = MappingProxyType(
    {
        **{fact: state for state, fact in WAY},
        facts.CarrierCollected: ShipmentState.SENT,
        facts.CarrierInTransit: ShipmentState.SENT,
        facts.CarrierException: ShipmentState.SENT,
        facts.CarrierReturnedToSender: ShipmentState.SENT,
    }
)
"""How far a shipment is at least when a partner tells this of it."""
