"""The base of every event of an order, and the head that all events of one decision share."""

from typing import Annotated

from pydantic import Field

from contracts.declaring import Flat
from contracts.judging import read, read_fast
from contracts.message import Code, Id, Message, Part
from contracts.values import changed


class Cause(Part):
    """The one record that caused a change."""

    source: Code
    id: Code
    type: Code
    topic: Code
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]


class EventHead(Part, kw_only=True):
    """What every event of an order carries; `version` counts the changes that a person can see."""

    number: Id | None = None
    version: Annotated[int, Field(ge=0)]
    status: Code | None = None
    cause: Cause
    actor: Code | None = None
    rules: tuple[Code, ...] = ()


class OrderEvent(Message, kw_only=True):
    """Something that happened to an order.

    Rules create events without a head. The head is added when the events of a decision are written.
    """

    head: Annotated[EventHead | None, Flat] = None

    def written(self) -> bytes:
        """Return the JSON of the event, its head before its own fields."""
        if self.head is None:
            return super().written()
        return after(self.head.written(), changed(self, head=None).written())

    def encoded_after(self, head: bytes) -> bytes:
        """Return the JSON bytes that go on the wire, with a head that was encoded before.

        Raises ValueError (Refused) if the event breaks its contract. The head isn't checked again.
        """
        own = self.written()
        data = after(head, own)
        return data if read_fast(type(self), own) is not None else read(type(self), data).written()


def after(head: bytes, own: bytes) -> bytes:
    """Return the JSON of an event: the fields of its head, then its own."""
    return head if own == b"{}" else head[:-1] + b"," + own[1:]
