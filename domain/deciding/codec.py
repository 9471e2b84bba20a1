"""Documents: aggregates and facts as JSON and back, exactly; fields that hold their default may be left out.

Values are written in C, as they are. How each class is read is worked out once, when the module is loaded: aggregates
are read for every batch, and documents of earlier versions are read as well.
"""

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from contracts.message import Fact
from contracts.topics import INBOUND
from domain.deciding.decision import Policy
from domain.deciding.received import Received
from domain.deciding.values import Value, changed, fields

_KIND: Final = "is"
ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_EMPTY: Final = b"{}"
EXTRA: Final = "extra"
"""The field of an aggregate that keeps what an earlier or a later version wrote and this one doesn't know."""
Document = dict[str, object]
Kept = TypeVar("Kept", bound=Value)
# What a field's type is can't be known here: its converter takes any value and is only ever given the right one.
_Convert = Callable[[Any], Any]


FACTS: Final[Mapping[str, type[Fact]]] = types.MappingProxyType(
    {each.__name__: each for topic in INBOUND for each in topic.messages if issubclass(each, Fact)}
)
"""Every class of fact by its name."""


class _Shape:
    """How the fields of one class are read."""

    __slots__ = ("decoders", "kind")

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.decoders: dict[str, _Convert | None] = {}

    def fill(self) -> None:
        """Work out the converters of every field; separate from the making, since classes hold one another.

        What an aggregate keeps of other versions is no field of its own; a value of it may well have one of that name.
        """
        hints = get_type_hints(self.kind)
        for name in _names(self.kind):
            if name != EXTRA or get_origin(hints[name]) is not Mapping:
                self.decoders[name] = _converter(hints[name])

    def decode(self, document: Mapping[str, Any]) -> Any:
        """Return the value of a document; fields that this version doesn't know are passed over."""
        decoders = self.decoders
        found: dict[str, object] = {}
        for name, held in document.items():
            if name in decoders:
                convert = decoders[name]
                found[name] = held if convert is None or held is None else convert(held)
        return self.kind(**found)


_SHAPES: Final[dict[type, _Shape]] = {}


def _names(kind: type) -> list[str]:
    return [field.name for field in (dataclass_fields(kind) if is_dataclass(kind) else fields(kind))]


def _shape(kind: type) -> _Shape:
    if kind not in _SHAPES:
        shape = _SHAPES[kind] = _Shape(kind)
        shape.fill()
    return _SHAPES[kind]


def _converter(hint: Any) -> _Convert | None:
    """Return how a value of this type is read; None: as it is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _converter(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return _many(_converter(arguments[0]))
    if hint is Fact:
        return fact_from
    if hint is datetime:
        return datetime.fromisoformat
    if hint is timedelta:
        return lambda seconds: timedelta(seconds=seconds)
    if origin is frozenset:
        return frozenset
    if isinstance(hint, type) and issubclass(hint, Enum):
        return dict(hint._value2member_map_).__getitem__
    if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, Value)):
        return _shape(hint).decode
    return None


def _many(decode: _Convert | None) -> _Convert:
    return tuple if decode is None else lambda held: tuple([decode(item) for item in held])


def fact_document(fact: Fact) -> Document:
    """Return a fact as a document that names its class."""
    return document_of(_fact(fact))


def fact_text(fact: Fact) -> str:
    """Return a fact as JSON."""
    return _fact(fact).decode()


def fact_from(document: Mapping[str, Any]) -> Fact:
    """Return the fact of a document; KeyError when its class isn't known."""
    return cast("Fact", _shape(FACTS[document[_KIND]]).decode(document))


def value_from(kind: type[Kept], document: Mapping[str, Any]) -> Kept:
    """Return the aggregate of a document; fields that aren't known are kept in its `extra`."""
    shape = _shape(kind)
    known = {name: held for name, held in document.items() if name in shape.decoders}
    extra = {name: held for name, held in document.items() if name not in shape.decoders and name != "schema"}
    value: Kept = shape.decode(known)
    return value if not extra else changed(value, extra=extra)  # type: ignore[call-arg]  # of those that have one


def text_of(schema: int, value: Value, parked: Iterable[Received], extra: Mapping[str, Any]) -> str:
    """Return an aggregate as JSON: `value` without what is parked, which is written apart, and without `extra`."""
    told = [b'{"schema":%d' % schema, ENCODER.encode(value)[1:-1]]
    held = b",".join(b'{"received":%b}' % _received(each) for each in parked)
    if held:
        told.append(b'"parked":[%b]' % held)
    if extra:
        told.append(ENCODER.encode(extra)[1:-1])
    return b",".join(told).decode() + "}"


def received_text(received: Received) -> str:
    """Return a received fact with its cause, times and actor as JSON."""
    return _received(received).decode()


def received_document(received: Received) -> Document:
    """Return a received fact with its cause, times and actor as a document."""
    return document_of(_received(received))


def received_from(document: Mapping[str, Any]) -> Received:
    """Return the received fact of a document."""
    return cast("Received", _shape(Received).decode(document))


def policy_document(policy: Policy) -> Document:
    """Return what of a policy differs from the defaults; durations in seconds."""
    told = {name: getattr(policy, name) for name in _names(Policy)}
    differing = {name: held for name, held in told.items() if held != getattr(_DEFAULT, name)}
    seconds = {name: held.total_seconds() for name, held in differing.items() if isinstance(held, timedelta)}
    return differing | seconds


def policy_from(document: Mapping[str, Any]) -> Policy:
    """Return the policy of a document."""
    return cast("Policy", _shape(Policy).decode(document))


def _fact(fact: Fact) -> bytes:
    written = ENCODER.encode(fact)
    return b'{"is":"%b"%b%b' % (type(fact).__name__.encode(), b"" if written == _EMPTY else b",", written[1:])


def _received(received: Received) -> bytes:
    """Return a received fact: its fact names its class, which no field does."""
    told: Document = {
        "cause": received.cause,
        "occurred_at": received.occurred_at,
        "appended_at": received.appended_at,
    }
    if received.actor is not None:
        told["actor"] = received.actor
    if received.claims:
        told["claims"] = received.claims
    return b'{"fact":%b,%b' % (_fact(received.fact), ENCODER.encode(told)[1:])


def document_of(text: str | bytes) -> Document:
    """Return the document of a text."""
    return cast("Document", msgspec.json.decode(text))


_DEFAULT: Final = Policy()
for _kind in (Received, Policy, *FACTS.values()):
    _shape(_kind)
