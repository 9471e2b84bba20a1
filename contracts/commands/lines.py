"""Lines of an order as commands name them: to add, to count, to make cheaper."""

from typing import Annotated

from pydantic import Field

from contracts.declaring import Words
from contracts.message import Amount, Code, Id, LineNumber, Part, Quantity, Text
from contracts.personal import Personal
from contracts.shop import ItemKind


class NewLine(Part, kw_only=True):
    """A line to add: `unit_price` and `discount` (of the whole line) in minor units, taxes included.

    `title` is what the article is called, `variant` which one it is, such as a size and a colour.
    """

    sku: Id
    model: Id | None = None
    title: Code | None = None
    variant: Code | None = None
    kind: Annotated[str, Words(ItemKind)] = ItemKind.SHIPPABLE
    quantity: Quantity
    unit_price: Amount
    discount: Amount = 0
    warehouse: Id | None = None
    personalisation: Annotated[Text, Personal("order.personalisation")] | None = None


class LineQuantity(Part):
    """A line and how many of its pieces."""

    line: LineNumber
    quantity: Quantity


class PriceCut(Part):
    """A line and by how many per cent of its price at order time it gets cheaper."""

    line: LineNumber
    percent: Annotated[int, Field(ge=1, le=100)]
