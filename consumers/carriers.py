"""carrier.events: where parcels are, by order or by tracking number."""

from consumers.inbound import Inbound
from contracts import carriers
from contracts.topics import CARRIER

inbound = Inbound(
    CARRIER,
    (
        carriers.CarrierCollected,
        carriers.CarrierInTransit,
        carriers.CarrierDelivered,
        carriers.CarrierException,
        carriers.CarrierReturnedToSender,
    ),
)
