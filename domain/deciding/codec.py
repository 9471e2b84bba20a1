"""Documents: orders and facts as JSON and back, exactly; fields that hold their default may be left out.

Values are written in C, as they are. How each class is read is worked out once, when the module is loaded: orders are
read for every batch, and documents of earlier versions are read as well.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from contracts.topics import INBOUND
from domain.deciding.decision import Policy
from domain.deciding.received import Received
from domain.deciding.values import Value, changed, fields
from domain.orders import facts
from domain.orders.order import Order

SCHEMA: Final = 1
_KIND: Final = "is"
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_EMPTY: Final = b"{}"
Document = dict[str, object]
# What a field's type is can't be known here: its converter takes any value and is only ever given the right one.
_Convert = Callable[[Any], Any]


FACTS: Final[Mapping[str, type]] = types.MappingProxyType(
    {message.__name__: message for topic in INBOUND for message in topic.messages}
)
"""Every class of fact by its name."""


class _Shape:
    """How the fields of one class are read."""

    __slots__ = ("decoders", "kind")

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.decoders: dict[str, _Convert | None] = {}

    def fill(self, skip: frozenset[str] = frozenset()) -> None:
        """Work out the converters of every field; separate from the making, since classes hold one another."""
        hints = get_type_hints(self.kind)
        for name in _names(self.kind):
            if name not in skip:
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
        shape.fill(frozenset({"extra"}) if kind is Order else frozenset())
    return _SHAPES[kind]


def _converter(hint: Any) -> _Convert | None:
    """Return how a value of this type is read; None: as it is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _converter(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return _many(_converter(arguments[0]))
    if hint is facts.Fact:
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


def fact_document(fact: facts.Fact) -> Document:
    """Return a fact as a document that names its class."""
    return _read(_fact(fact))


def fact_from(document: Mapping[str, Any]) -> facts.Fact:
    """Return the fact of a document; KeyError when its class isn't known."""
    return cast("facts.Fact", _shape(FACTS[document[_KIND]]).decode(document))


def order_text(order: Order) -> str:
    """Return an order as JSON, with what an earlier document held and these rules don't know."""
    plain = changed(order, parked=(), extra={}) if order.parked or order.extra else order
    told = [b'{"schema":%d' % SCHEMA, _ENCODER.encode(plain)[1:-1]]
    if order.parked:
        parked = (b'{"received":%b}' % _received(each.received) for each in order.parked)
        told.append(b'"parked":[%b]' % b",".join(parked))
    if order.extra:
        told.append(_ENCODER.encode(order.extra)[1:-1])
    return b",".join(told).decode() + "}"


def order_document(order: Order) -> Document:
    """Return an order as a document."""
    return _read(order_text(order))


def order_from(document: Mapping[str, Any]) -> Order:
    """Return the order of a document; fields that aren't known are kept in `extra`."""
    shape = _shape(Order)
    known = {name: held for name, held in document.items() if name in shape.decoders}
    extra = {name: held for name, held in document.items() if name not in shape.decoders and name != "schema"}
    order: Order = shape.decode(known)
    return order if not extra else changed(order, extra=extra)


def received_text(received: Received) -> str:
    """Return a received fact with its cause, times and actor as JSON."""
    return _received(received).decode()


def received_document(received: Received) -> Document:
    """Return a received fact with its cause, times and actor as a document."""
    return _read(_received(received))


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


def _fact(fact: facts.Fact) -> bytes:
    written = _ENCODER.encode(fact)
    return b'{"is":"%b"%b%b' % (type(fact).__name__.encode(), b"" if written == _EMPTY else b",", written[1:])


def _received(received: Received) -> bytes:
    """Return a received fact: its fact names its class, which no field does."""
    told = {
        "cause": received.cause,
        "occurred_at": received.occurred_at,
        "appended_at": received.appended_at,
    }
    if received.actor is not None:
        told["actor"] = received.actor
    return b'{"fact":%b,%b' % (_fact(received.fact), _ENCODER.encode(told)[1:])


def _read(text: str | bytes) -> Document:
    return cast("Document", msgspec.json.decode(text))


_DEFAULT: Final = Policy()
for _kind in (Order, Received, Policy, *FACTS.values()):
    _shape(_kind)
