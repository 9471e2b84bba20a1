"""Notes, links to other orders, and item corrections asked of the warehouse."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Comment, Id, Moment


class NoteAdded(OrderEvent):
    """A note in the order's history."""

    name: ClassVar[str] = "note.added"

    text: Comment


class OrderLinked(OrderEvent):
    """This order belongs to another one (PEL-25)."""

    name: ClassVar[str] = "order.linked"

    other_id: Id
    link: Code


class ItemCorrectionAsked(OrderEvent):
    """The warehouse was asked to correct an item, and from when that counts (OSM-55, OSM-56)."""

    name: ClassVar[str] = "item.correction_asked"

    model: Id
    effective_at: Moment
