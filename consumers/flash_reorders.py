"""flash-reorder.events: what the reorder desk says."""

from consumers.inbound import Inbound
from contracts import flash_reorders
from contracts.topics import FLASH_REORDER

inbound = Inbound(
    FLASH_REORDER,
    (
        flash_reorders.FlashAccepted,
        flash_reorders.FlashFulfilled,
        flash_reorders.FlashRefused,
    ),
)
