"""availability.events: what warehouses say about stock."""

from consumers.inbound import Inbound
from contracts import availability
from contracts.topics import AVAILABILITY
from domain.orders import facts

inbound = Inbound(
    AVAILABILITY,
    {
        availability.AvailabilityReported: facts.AvailabilityReported,
    },
)
