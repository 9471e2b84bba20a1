"""Holds put on an order and taken off, and orders suspended and resumed."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command


class HoldOrder(Command):
    """Put the order on hold (H-01)."""

    name: ClassVar[str] = "order.hold"


class SuspendOrder(Command):
    """Suspend an order that looks questionable (H-02)."""

    name: ClassVar[str] = "order.suspend"


class ReleaseHold(Command):
    """Take a hold off (H-04, H-05); without a name the one that people put on."""

    name: ClassVar[str] = "order.release_hold"

    hold: Annotated[str, Field(pattern="^(csr|suspended|logistics|alert|recall|exchange)$")] | None = None


class ResumeOrder(Command):
    """Let a suspended order go on (H-04)."""

    name: ClassVar[str] = "order.resume"
