"""References: numbers by which others know an order, the one form in which they are compared, and how they are named.

A record names its order by its id, or, where its writer has nothing else, by a number: `ref:` and a text, as subject or
key. `ref:<kind>:<number>` says which kind of number it is, of an order's number with its store:
`ref:number:<store>:<number>`. Any other text after `ref:` stands for the message's own number, which its data holds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from contracts.commands.command import Command
from contracts.message import Fact, Message
from contracts.subjects import ORDER
from contracts.warehouse import ShipmentHandedOver

NUMBER: Final = "number"
TRACKING: Final = "tracking"
RMA: Final = "rma"
SHIPMENT: Final = "shipment"
PAYMENT: Final = "payment"
REFUND: Final = "refund"
PREFIX: Final = "ref:"
"""How a subject or key begins that isn't an order id but some other reference, e.g. `ref:1Z999`."""
Reference = tuple[str, str]
"""The kind of a number, and the number in the form in which it is compared."""
_BETWEEN: Final = re.compile(r"[\s._/\\-]+")
_OWN: Final = (
    (TRACKING, "tracking_number"),
    (RMA, "rma_code"),
    (REFUND, "refund_id"),
    (PAYMENT, "payment_id"),
    (SHIPMENT, "shipment_id"),
)
"""The fields that hold a message's own number, the most telling first."""


def _label(value: str) -> str:
    return _BETWEEN.sub("", value).upper() or value


def _rma(value: str) -> str:
    code = _label(value)
    return f"RMA-{code[3:]}" if code.startswith("RMA") else code


_FORMS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        NUMBER: str.upper,
        TRACKING: _label,
        RMA: _rma,
        SHIPMENT: str.lower,
        PAYMENT: str,
        REFUND: str.lower,
    }
)
"""Of what people type or scan, case and what stands between the characters don't count; a payment's id is exact."""


def form(kind: str, value: str) -> str:
    """Return a number as it is compared: whoever wrote it with other capitals, spaces or dashes means the same."""
    return _FORMS[kind](value)


def same(kind: str, one: str | None, other: str | None) -> bool:
    """Tell whether two numbers of a kind are the same; none is the same as nothing."""
    return one is not None and other is not None and form(kind, one) == form(kind, other)


def written(number: str | None) -> str | None:
    """Return a number as the hub publishes it: as it came, but without spaces."""
    return None if number is None else "".join(number.split())


def numbered(store: str, number: str) -> str:
    """Return an order's number with its store, as the value of a reference."""
    return f"{store} {form(NUMBER, number)}"


def claimed(message: Message) -> tuple[Reference, ...]:
    """Return the numbers that a message gives its order and that no other live order may have."""
    claim = _claim(type(message))
    return () if claim is None else claim(message)


@cache
def _claim(kind: type[Message]) -> Callable[[Any], tuple[Reference, ...]] | None:
    if kind is ShipmentHandedOver:
        return lambda message: ((TRACKING, form(TRACKING, message.tracking_number)),)
    if issubclass(kind, Fact) and {"store", "number"} <= kind.declared.hints.keys():
        return lambda message: ((NUMBER, numbered(message.store, message.number)),)
    return None


def stored(reference: Reference) -> tuple[str, str | None, str]:
    """Return (kind, party, value) of a reference as the store has them; without a party any counts."""
    kind, value = reference
    if kind != NUMBER:
        return kind, None, value
    store, _, number = value.partition(" ")
    return kind, store, number


def named(text: str, message: Message) -> Reference | None:
    """Return what a subject or key names in place of an order's id, None where it says nothing or an order's id.

    A number that stands there as it is, without `ref:`, is taken for the message's own if it is the same; so is an
    empty text.
    """
    held = _fields(type(message))
    if text and not text.startswith(PREFIX):
        return _meant(text, message, held) if held else None
    if isinstance(message, Command) or not isinstance(message, Fact) or message.about != ORDER:
        return None
    return _said(text.removeprefix(PREFIX)) or next(_numbers(message, held), None)


def _meant(text: str, message: Message, held: Iterable[tuple[str, str]]) -> Reference | None:
    """Return the number of a message that a text is; most differ in their last character already."""
    last = text[-1].lower()
    for kind, name in held:
        value = getattr(message, name)
        if value is not None and value[-1].lower() == last and form(kind, value) == form(kind, text):
            return kind, form(kind, value)
    return None


def _said(text: str) -> Reference | None:
    kind, colon, value = text.partition(":")
    if not (colon and value) or kind not in _FORMS:
        return None
    if kind != NUMBER:
        return kind, form(kind, value)
    store, colon, number = value.partition(":")
    return (NUMBER, numbered(store, number)) if store and colon and number else None


@cache
def _fields(kind: type[Message]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a partner's message that hold its own number, the most telling first."""
    if not issubclass(kind, Fact) or issubclass(kind, Command) or kind.aggregate != ORDER:
        return ()
    return tuple((what, name) for what, name in _OWN if name in kind.declared.hints)


def _numbers(message: Message, held: Iterable[tuple[str, str]]) -> Iterator[Reference]:
    for kind, name in held:
        value = getattr(message, name)
        if value is not None:
            yield kind, form(kind, value)
