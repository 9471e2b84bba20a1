"""Flash reorders: urgent repeat requests for missing pieces."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command
from contracts.flash_reorders import FulfilledLine
from contracts.message import Id, LineNumber


class CreateFlash(Command):
    """Draft a flash reorder for missing lines (L-01, L-02); with `send` the reorder desk has it at once (L-03)."""

    name: ClassVar[str] = "flash.create"

    lines: Annotated[tuple[FulfilledLine, ...], Field(min_length=1, max_length=200)]
    send: bool = False


class _FlashCommand(Command):
    flash_id: Id


class AddToFlash(_FlashCommand):
    """Add pieces to a draft (L-02)."""

    name: ClassVar[str] = "flash.add"

    lines: Annotated[tuple[FulfilledLine, ...], Field(min_length=1, max_length=200)]


class RemoveFromFlash(_FlashCommand):
    """Take lines out of a draft (L-02)."""

    name: ClassVar[str] = "flash.remove"

    lines: Annotated[tuple[LineNumber, ...], Field(min_length=1, max_length=200)]


class SendFlash(_FlashCommand):
    """Send a draft to the reorder desk (L-03)."""

    name: ClassVar[str] = "flash.send"


class CancelFlash(_FlashCommand):
    """Withdraw a flash reorder (L-08)."""

    name: ClassVar[str] = "flash.cancel"
