"""warehouse.events: picking, packing, handing over, recalls and received returns."""

from consumers.inbound import Inbound
from contracts import warehouse
from contracts.topics import WAREHOUSE
from domain.orders import facts

inbound = Inbound(
    WAREHOUSE,
    {
        warehouse.PickingStarted: facts.PickingStarted,
        warehouse.ParcelPacked: facts.ParcelPacked,
        warehouse.ShipmentHandedOver: facts.ShipmentHandedOver,
        warehouse.RecallAccepted: facts.RecallAccepted,
        warehouse.RecallRefused: facts.RecallRefused,
        warehouse.ReturnReceived: facts.ReturnReceived,
        warehouse.ItemCorrected: facts.ItemCorrected,
    },
    references={warehouse.ReturnReceived: lambda message: ("rma", message.rma_code)},
)
