"""The base of every message: a value with a name and a major version, and the bounded types that its fields use."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Self

import msgspec
from pydantic import BeforeValidator, Field, StringConstraints

from contracts import judging, times
from contracts.checks import Identifies
from contracts.declaring import IDENTIFIER, LABEL, Declared, Declaring
from contracts.personal import NotPersonal, Personal, shown
from contracts.subjects import KINDS, ORDER
from contracts.values import Value, changed
from contracts.wire import json_bytes

# Bounds keep out what the stores can't hold: NUL, ids over 200 bytes, integers over 63 bits.
Id = Annotated[str, StringConstraints(pattern=IDENTIFIER), NotPersonal]
"""An identifier: 1 to 200 printable ASCII characters without spaces; those of people are pseudonyms."""
Label = Annotated[str, StringConstraints(pattern=LABEL), NotPersonal]
"""A number as people and scanners write it: as an identifier, but for spaces inside; only what is read has it."""
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=2000)]
"""Free text without NUL, 2,000 characters at most; whoever declares one says whether it is personal."""
Word = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", min_length=1, max_length=200)]
"""A short text without NUL; whoever declares one says whether it is personal."""
Code = Annotated[Word, NotPersonal]
"""A short text that tells of no person: a word of some party's vocabulary, a reason, the name of a colleague."""
Comment = Annotated[Text, Personal("order.comments")]
"""What people write of an order."""
Contact = Annotated[Word, Personal("order.contact")]
"""How a person is called or reached."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), NotPersonal]
"""An ISO 4217 code."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), NotPersonal]
"""An ISO 3166-1 alpha-2 code."""
OfKind = Annotated[str, Field(pattern=f"^({'|'.join(KINDS)})$")]
"""The kind of an aggregate, in messages that are for all kinds."""
Amount = Annotated[int, Field(ge=0, le=10**15)]
"""Money in the minor units of its currency."""
Quantity = Annotated[int, Field(ge=1, le=10**6)]
"""A number of pieces."""
Count = Annotated[int, Field(ge=0, le=10**6)]
"""A number of pieces that may be none."""
LineNumber = Annotated[int, Field(ge=1, le=10_000), Identifies]
"""The number of an order's line; in a list it is there once."""
Moment = Annotated[datetime, BeforeValidator(times.read), Field(json_schema_extra={"format": "date-time"})]
"""An RFC 3339 time with an offset, kept in UTC."""


class ReadableEnum(StrEnum):
    """Words of a partner: a word that a reader doesn't know yet is read as `unknown`."""

    __hash__ = str.__hash__

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unknown") if isinstance(value, str) and value and "unknown" in cls._value2member_map_ else None


class Part(Value, metaclass=Declaring):
    """A part of a message: frozen, and deaf to fields that it doesn't know."""

    if TYPE_CHECKING:
        declared: ClassVar[Declared]

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Return the value of JSON data; raises Refused."""
        value: Self = judging.read(cls, data)
        return value

    def written(self) -> bytes:
        """Return the JSON of the value, its fields in the order in which they are declared; None is left out."""
        order = self.declared.order
        if order is None:
            return json_bytes(self)
        return json_bytes({name: held for name in order if (held := getattr(self, name)) is not None})

    def checked(self) -> Self:
        """Return the value as its readers will have it; raises ValueError (Refused) where the contract refuses it."""
        return self.read(self.written())

    def encoded(self) -> bytes:
        """Return the JSON bytes that go on the wire; raises ValueError (Refused) where the contract refuses them."""
        data = self.written()
        if judging.read_fast(type(self), data) is not None:
            return data
        read: Self = judging.judged(type(self), data)
        return read.written()

    def __repr__(self) -> str:
        return shown(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Let pydantic, and what is built on it, take the class for a type of its own."""
        return judging.schema_of(cls, handler)


class Money(Part):
    """An amount in minor units with its currency."""

    amount: Amount
    currency: Currency


class Message(Part):
    """The data of one event or command; `name` and `major` make its CloudEvents type."""

    name: ClassVar[str] = ""
    major: ClassVar[int] = 1

    @classmethod
    def type(cls) -> str:
        """Return the CloudEvents type, `<name>.v<major>`."""
        return f"{cls.name}.v{cls.major}"


class Fact(Message):
    """Something that is so, or that somebody wants: what a partner, a person or another aggregate tells an aggregate.

    `aggregate` is the kind that it is for. A class whose messages are for all kinds has a field `of` instead.
    """

    aggregate: ClassVar[str] = ORDER

    @property
    def about(self) -> str:
        """Return the kind of the aggregate that this message is for."""
        return self.aggregate


class Cause(Part):
    """The one record that caused a change."""

    source: Code
    id: Code
    type: Code
    topic: Code
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]


class Event(Message):
    """Something that happened to an aggregate; its fields begin with a head that all events of one decision share.

    Each kind of aggregate declares its own head. Rules create events without it; it is added when they are written.
    """

    if TYPE_CHECKING:
        head: Part | None = None

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
        return data if judging.read_fast(type(self), own) is not None else judging.read(type(self), data).written()


def after(head: bytes, own: bytes) -> bytes:
    """Return the JSON of an event: the fields of its head, then its own."""
    return head if own == b"{}" else head[:-1] + b"," + own[1:]


WHOSE: Final = ("store", "warehouse")
"""The fields of a request that stand in its headers as well, as `ce_store` and `ce_warehouse`."""


class Request(Message):
    """The data of something that the hub asks of a partner.

    Each has a field `store`, those to warehouses also `warehouse`: what is known of them stands in headers as well.
    """


def fields_of(message: Message) -> dict[str, Any]:
    """Return the message's fields as plain JSON values."""
    found: dict[str, Any] = msgspec.json.decode(message.encoded())
    return found
