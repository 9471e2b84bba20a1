"""Alerts raised and cleared by people."""

from typing import ClassVar

from contracts.commands.command import Command
from contracts.message import Code, Comment


class FlagAlert(Command):
    """Mark the order for review; a blocking alert holds it (H-09)."""

    name: ClassVar[str] = "alert.flag"

    alert: Code = "flagged"
    blocking: bool = True
    text: Comment | None = None


class ClearAlert(Command):
    """Clear an alert whose cause is dealt with; the reason says how (H-10)."""

    name: ClassVar[str] = "alert.clear"

    alert: Code = "flagged"
