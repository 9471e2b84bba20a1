"""flash-reorder.events and flash-reorder.requests: the repeat request for missing items (commande flash)."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.availability import AskedLine
from contracts.message import Code, Fact, Id, LineNumber, Moment, Part, Quantity, Request


class FulfilledLine(Part):
    """Pieces that were found for a line."""

    line: LineNumber
    quantity: Quantity


class FlashAccepted(Fact):
    """The desk took the flash reorder on (L-04)."""

    name: ClassVar[str] = "flash.accepted"

    flash_id: Id


class FlashFulfilled(Fact):
    """The desk found pieces (L-05).

    `find_id` is the number of the find: one that comes again under another event id counts once (R-20).
    """

    name: ClassVar[str] = "flash.fulfilled"

    flash_id: Id
    lines: Annotated[tuple[FulfilledLine, ...], Field(min_length=1, max_length=200)]
    find_id: Id | None = None


class FlashRefused(Fact):
    """The desk found nothing (L-06); `substitute` is a SKU that it proposes instead."""

    name: ClassVar[str] = "flash.refused"

    flash_id: Id
    reason: Code = "no_stock"
    substitute: Id | None = None


class FlashRequested(Request):
    """Find these pieces (L-03); `recipient` is the party that is asked (A-12)."""

    name: ClassVar[str] = "flash.requested"

    request_id: Id
    flash_id: Id
    number: Id
    lines: Annotated[tuple[AskedLine, ...], Field(min_length=1)]
    answer_by: Moment | None = None
    recipient: Code = "reorder-desk"
    store: Id | None = None


class FlashCancelRequested(Request):
    """The pieces are not needed any more (L-08)."""

    name: ClassVar[str] = "flash.cancel_requested"

    request_id: Id
    flash_id: Id
    store: Id | None = None
