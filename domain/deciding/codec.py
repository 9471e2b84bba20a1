"""Documents: orders and facts as plain JSON values and back, exactly; fields that hold their default are left out.

How each class is written is worked out once, when the module is loaded: orders are read and written for every batch.
"""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

from domain.deciding.decision import Policy
from domain.deciding.received import Received
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import facts
from domain.orders.order import Order

SCHEMA: Final = 1
_KIND: Final = "is"
Document = dict[str, object]
# What a field's type is can't be known here: its converters take any value and are only ever given the right one.
_Convert = Callable[[Any], Any]


def _facts() -> dict[str, type]:
    kinds = (kind for module in (facts, desk) for kind in vars(module).values() if isinstance(kind, type))
    return {kind.__name__: kind for kind in kinds if issubclass(kind, facts.Fact)}


FACTS: Final[Mapping[str, type]] = types.MappingProxyType(_facts())
"""Every class of fact by its name."""


def _default(field: Field[Any]) -> object:
    if field.default is not MISSING:
        return field.default
    return MISSING if field.default_factory is MISSING else field.default_factory()


class _Shape:
    """How the fields of one class are written and read."""

    __slots__ = ("decoders", "encode", "kind")

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.decoders: dict[str, _Convert | None] = {}
        self.encode: Callable[[Any], Document] = lambda value: self.encode(value)
        """Returns a value's fields that differ from their defaults; classes that hold one another meet it unfilled."""

    def fill(self, skip: frozenset[str] = frozenset()) -> None:
        """Work out the converters of every field; separate from the making, since classes hold one another."""
        hints = get_type_hints(self.kind)
        chosen = [field for field in fields(self.kind) if field.name not in skip]
        encoders = []
        for field in chosen:
            encode, decode = _converters(hints[field.name])
            encoders.append((field.name, _default(field), encode))
            self.decoders[field.name] = decode
        self.encode = _written(self.kind.__name__, encoders)

    def decode(self, document: Mapping[str, Any]) -> Any:
        """Return the value of a document; fields that this version doesn't know are passed over."""
        decoders = self.decoders
        found: dict[str, object] = {}
        for name, held in document.items():
            if name in decoders:
                convert = decoders[name]
                found[name] = held if convert is None or held is None else convert(held)
        return self.kind(**found)


def _written(name: str, encoders: Sequence[tuple[str, object, _Convert | None]]) -> Callable[[object], Document]:
    """Return a function that writes one class, field after field, as if by hand: a loop takes twice as long."""
    known: dict[str, object] = {}
    lines = ["def write(value):", "    document = {}"]
    for n, (field, default, convert) in enumerate(encoders):
        known[f"default{n}"], known[f"convert{n}"] = default, convert
        told = "held" if convert is None else f"None if held is None else convert{n}(held)"
        if default is MISSING:
            test = ""
        elif default is None:
            test, told = "if held is not None: ", "held" if convert is None else f"convert{n}(held)"
        else:
            test = f"if held is not default{n} and held != default{n}: "
        lines += [f"    held = value.{field}", f"    {test}document[{field!r}] = {told}"]
    exec(compile("\n".join([*lines, "    return document"]), f"<codec of {name}>", "exec"), known)  # noqa: S102 - ours
    return cast("Callable[[object], Document]", known["write"])


_SHAPES: Final[dict[type, _Shape]] = {}


def _shape(kind: type) -> _Shape:
    if kind not in _SHAPES:
        shape = _SHAPES[kind] = _Shape(kind)
        shape.fill(frozenset({"extra"}) if kind is Order else frozenset())
    return _SHAPES[kind]


def _converters(hint: Any) -> tuple[_Convert | None, _Convert | None]:
    """Return how a value of this type is written and read; None: as it is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _converters(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return _many(*_converters(arguments[0]))
    if hint is facts.Fact:
        return fact_document, fact_from
    if hint is datetime:
        return datetime.isoformat, datetime.fromisoformat
    if hint is timedelta:
        return timedelta.total_seconds, lambda seconds: timedelta(seconds=seconds)
    if get_origin(hint) is frozenset:
        return sorted, frozenset
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("value"), dict(hint._value2member_map_).__getitem__
    if isinstance(hint, type) and is_dataclass(hint):
        shape = _shape(hint)
        return shape.encode, shape.decode
    return None, None


def _many(encode: _Convert | None, decode: _Convert | None) -> tuple[_Convert, _Convert]:
    if encode is None or decode is None:
        return list, tuple
    return lambda held: [encode(item) for item in held], lambda held: tuple([decode(item) for item in held])


def fact_document(fact: facts.Fact) -> Document:
    """Return a fact as a document that names its class."""
    document = _shape(type(fact)).encode(fact)
    document[_KIND] = type(fact).__name__
    return document


def fact_from(document: Mapping[str, Any]) -> facts.Fact:
    """Return the fact of a document; KeyError when its class isn't known."""
    return cast("facts.Fact", _shape(FACTS[document[_KIND]]).decode(document))


def order_document(order: Order) -> Document:
    """Return an order as a document, with what an earlier document held and these rules don't know."""
    document = _shape(Order).encode(order)
    document.update(order.extra)
    document["schema"] = SCHEMA
    return document


def order_from(document: Mapping[str, Any]) -> Order:
    """Return the order of a document; fields that aren't known are kept in `extra`."""
    shape = _shape(Order)
    known = {name: held for name, held in document.items() if name in shape.decoders}
    extra = {name: held for name, held in document.items() if name not in shape.decoders and name != "schema"}
    order: Order = shape.decode(known)
    return order if not extra else changed(order, extra=extra)


def received_document(received: Received) -> Document:
    """Return a received fact with its cause, times and actor as a document."""
    return _shape(Received).encode(received)


def received_from(document: Mapping[str, Any]) -> Received:
    """Return the received fact of a document."""
    return cast("Received", _shape(Received).decode(document))


def policy_document(policy: Policy) -> Document:
    """Return what of a policy differs from the defaults; durations in seconds."""
    return _shape(Policy).encode(policy)


def policy_from(document: Mapping[str, Any]) -> Policy:
    """Return the policy of a document."""
    return cast("Policy", _shape(Policy).decode(document))


for _kind in (Order, Received, Policy, *FACTS.values()):
    _shape(_kind)
