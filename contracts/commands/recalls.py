"""Recalls: the warehouse is asked to stop an order."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command
from contracts.message import Id


class RecallOrder(Command):
    """Ask the warehouse to stop the order, or one shipment of it, so that it can be changed (O-22).

    With the intent `cancel`, `reason` becomes that of the cancellation: `fraud_proven` and `single_line_out_of_stock`
    mean what they mean for `order.cancel`, any other reason is free text.
    """

    name: ClassVar[str] = "order.recall"

    intent: Annotated[str, Field(pattern="^(cancel|modify|hold)$")] = "cancel"
    shipment_id: Id | None = None
