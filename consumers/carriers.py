"""carrier.events: where parcels are, by order or by tracking number."""

from consumers.inbound import Inbound
from contracts import carriers
from contracts.topics import CARRIER
from domain.orders import facts

inbound = Inbound(
    CARRIER,
    {
        carriers.CarrierCollected: facts.CarrierCollected,
        carriers.CarrierInTransit: facts.CarrierInTransit,
        carriers.CarrierDelivered: facts.CarrierDelivered,
        carriers.CarrierException: facts.CarrierException,
        carriers.CarrierReturnedToSender: facts.CarrierReturnedToSender,
    },
    references={
        carriers.CarrierCollected: lambda message: ("tracking", message.tracking_number),
        carriers.CarrierInTransit: lambda message: ("tracking", message.tracking_number),
        carriers.CarrierDelivered: lambda message: ("tracking", message.tracking_number),
        carriers.CarrierException: lambda message: ("tracking", message.tracking_number),
        carriers.CarrierReturnedToSender: lambda message: ("tracking", message.tracking_number),
    },
)
