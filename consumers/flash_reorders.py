"""flash-reorder.events: what the reorder desk says."""

from consumers.inbound import Inbound
from contracts import flash_reorders
from contracts.topics import FLASH_REORDER
from domain.orders import facts

inbound = Inbound(
    FLASH_REORDER,
    {
        flash_reorders.FlashAccepted: facts.FlashAccepted,
        flash_reorders.FlashFulfilled: facts.FlashFulfilled,
        flash_reorders.FlashRefused: facts.FlashRefused,
    },
)
