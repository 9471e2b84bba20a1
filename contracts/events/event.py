"""The base of every event of an order, and the head that all events of one decision share."""

from typing import Annotated

from pydantic import Field

from contracts.declaring import Flat
from contracts.message import Cause, Code, Event, Id, Part


class EventHead(Part, kw_only=True):
    """What every event of an order carries; `version` counts the changes that a person can see."""

    number: Id | None = None
    version: Annotated[int, Field(ge=0)]
    status: Code | None = None
    cause: Cause
    actor: Code | None = None
    rules: tuple[Code, ...] = ()


class OrderEvent(Event, kw_only=True):
    """Something that happened to an order."""

    head: Annotated[EventHead | None, Flat] = None
