"""availability.events: what warehouses say about stock."""

from consumers.inbound import Inbound
from contracts import availability
from contracts.topics import AVAILABILITY

inbound = Inbound(
    AVAILABILITY,
    (availability.AvailabilityReported,),
)
