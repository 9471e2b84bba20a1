"""Answers to commands, and facts that came too late."""

from typing import Annotated, ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Text
from contracts.personal import NotPersonal


class FactLate(OrderEvent):
    """A fact came too late to change anything; it is recorded (O-39)."""

    name: ClassVar[str] = "fact.late"

    fact: Code


class CommandAccepted(OrderEvent):
    """A command was carried out."""

    name: ClassVar[str] = "command.accepted"

    command_id: Code
    client: Code


class CommandRejected(OrderEvent):
    """A command was refused: why, and what its author may do instead."""

    name: ClassVar[str] = "command.rejected"

    command_id: Code
    client: Code
    code: Code
    detail: Annotated[Text, NotPersonal]
    hint: Annotated[Text, NotPersonal] | None = None
