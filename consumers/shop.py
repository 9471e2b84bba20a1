"""shop.events: what shops say."""

from consumers.inbound import Inbound
from contracts import shop
from contracts.topics import SHOP
from domain.orders import facts

inbound = Inbound(
    SHOP,
    {
        shop.OrderPlaced: facts.OrderPlaced,
        shop.CancellationRequested: facts.CancellationRequested,
        shop.ReturnRequested: facts.ReturnRequested,
    },
)
