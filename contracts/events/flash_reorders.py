"""Flash reorders: urgent repeat requests for missing pieces."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id


class FlashDrafted(OrderEvent):
    """A flash reorder was drafted (L-01)."""

    name: ClassVar[str] = "flash.drafted"

    flash_id: Id


class FlashSent(OrderEvent):
    """A flash reorder was sent to the desk (L-03)."""

    name: ClassVar[str] = "flash.sent"

    flash_id: Id


class FlashChanged(OrderEvent):
    """The desk answered, or the flash reorder was withdrawn (L-04 to L-08); `end` says how the search ended."""

    name: ClassVar[str] = "flash.changed"

    flash_id: Id
    state: Code
    end: Code | None = None
