"""warehouse.events: picking, packing, handing over, recalls and received returns."""

from consumers.inbound import Inbound
from contracts import warehouse
from contracts.topics import WAREHOUSE

inbound = Inbound(
    WAREHOUSE,
    (
        warehouse.PickingStarted,
        warehouse.ParcelPacked,
        warehouse.ShipmentHandedOver,
        warehouse.RecallAccepted,
        warehouse.RecallRefused,
        warehouse.ReturnReceived,
        warehouse.ItemCorrected,
    ),
)
