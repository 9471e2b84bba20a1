"""Shipments: split, or cancelled one by one."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command
from contracts.commands.lines import LineQuantity
from contracts.message import Id
from contracts.personal import Personal
from contracts.shop import Address


class SplitShipment(Command):
    """Let lines, or some of their pieces, travel apart: to this address, in this way (S-02)."""

    name: ClassVar[str] = "order.split"

    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=200)]
    address: Annotated[Address, Personal("order.address")] | None = None
    method: Id | None = None


class CancelShipment(Command):
    """Cancel one shipment; the order goes on with the others (S-12).

    `reason` is mandatory. `fraud_proven` and `single_line_out_of_stock` mean what they mean for `order.cancel`, any
    other reason is free text.
    """

    name: ClassVar[str] = "shipment.cancel"

    shipment_id: Id
