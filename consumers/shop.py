"""shop.events: what shops say."""

from consumers.inbound import Inbound
from contracts import shop
from contracts.topics import SHOP

inbound = Inbound(
    SHOP,
    (
        shop.OrderPlaced,
        shop.CancellationRequested,
        shop.ReturnRequested,
    ),
)
