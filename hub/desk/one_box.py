"""The one box: what people type to find an order, and as what it is understood."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from domain.orders.view import telephone
from domain.orders.view.spelling import compact, folded, reverse, words
from domain.orders.view.terms import TAIL, TermKind, name_postcode


@dataclass(frozen=True, slots=True)
class Ask:
    """A value that an order must have as one of some kinds; `begins`: it may go on behind it."""

    kinds: tuple[TermKind, ...]
    value: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """What was typed, as it was understood: of which kind, and the value."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to understand what was typed: an order must meet all of it."""

    asks: tuple[Ask, ...]
    understood: Understood


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed: any of the alternatives, or, where none finds anything, one of the others; and filters."""

    alternatives: tuple[Alternative, ...] = ()
    otherwise: tuple[Alternative, ...] = ()
    states: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    filtered: tuple[Understood, ...] = field(default=())


_IDS: Final = (TermKind.NUMBER, TermKind.TRACKING, TermKind.RMA, TermKind.PAYMENT, TermKind.SKU)
_KEYED: Final = MappingProxyType(
    {
        "number": TermKind.NUMBER,
        "tracking": TermKind.TRACKING,
        "rma": TermKind.RMA,
        "payment": TermKind.PAYMENT,
        "sku": TermKind.SKU,
        "customer": TermKind.CUSTOMER,
    }
)
_KEY: Final = re.compile(
    r"(?<!\S)(number|tracking|rma|payment|sku|customer|email|phone|tail|name|postcode|state|store):(\"[^\"]*\"|\S+)"
)
_TELEPHONE: Final = re.compile(r"\+?[\d\s()./-]+")
_DIGITS: Final = range(7, 16)
_LOCAL: Final = range(4, 7)
"""Digits of the end of a number, as people read it out."""
SHORTEST: Final = 3
"""Letters of a name, or of an e-mail address, of which the rest may be left out."""


def understand(text: str) -> Question:
    """Return what a text asks for; of an empty one, everything."""
    keyed = [(key, value.strip('"')) for key, value in _KEY.findall(text)]
    rest = " ".join(_KEY.sub(" ", text).split())
    question = _plain(rest) if rest else Question()
    named = list(_named(keyed))
    if named:
        alone = (Alternative((), Understood("", "")),) if not question.alternatives else question.alternatives
        question = replace(question, alternatives=tuple(_all_of([*named, each]) for each in alone), otherwise=())
    states = tuple(value for key, value in keyed if key == "state")
    stores = tuple(value for key, value in keyed if key == "store")
    filtered = tuple(Understood(key, value) for key, value in keyed if key in ("state", "store"))
    return replace(question, states=states, stores=stores, filtered=filtered)


def _all_of(each: Sequence[Alternative]) -> Alternative:
    told = [part.understood for part in each if part.asks]
    kinds, values = dict.fromkeys(part.kind for part in told), [part.value for part in told]
    return Alternative(tuple(ask for part in each for ask in part.asks), Understood("+".join(kinds), " ".join(values)))


# -- with a key ------------------------------------------------------------------------------------------------------


def _named(keyed: Sequence[tuple[str, str]]) -> Iterator[Alternative]:
    postcodes = [compact(value) for key, value in keyed if key == "postcode"]
    for key, value in keyed:
        if key in _KEYED:
            form = folded(value) if key == "customer" else compact(value)
            yield _one(key, Ask((_KEYED[key],), form), form)
        elif key == "email":
            yield _email(value)
        elif key == "phone":
            yield _one(key, Ask((TermKind.PHONE,), telephone.digits(value)), telephone.digits(value))
        elif key == "tail":
            yield _tail(value)
        elif key == "name" and not postcodes:
            yield _name(words(value))
    called = tuple(word for key, value in keyed if key == "name" for word in words(value))
    yield from (_at(called, postcode) for postcode in postcodes)


def _one(kind: str, ask: Ask, value: str) -> Alternative:
    return Alternative((ask,), Understood(kind, value))


def _email(value: str) -> Alternative:
    form = folded(value)
    return _one("email", Ask((TermKind.EMAIL,), form, begins=len(form) >= SHORTEST), form)


def _tail(value: str) -> Alternative:
    form = compact(value)[-TAIL:]
    return _one("tail", Ask((TermKind.TAIL,), reverse(form), begins=len(form) < TAIL), form)


def _name(called: Sequence[str]) -> Alternative:
    asks = tuple(Ask((TermKind.NAME,), word, begins=len(word) >= SHORTEST) for word in called)
    return Alternative(asks, Understood("name", " ".join(called)))


def _at(called: Sequence[str], postcode: str) -> Alternative:
    asks = [
        Ask((TermKind.NAME_POSTCODE,), name_postcode(word, postcode), begins=len(word) >= SHORTEST) for word in called
    ]
    anybody = Ask((TermKind.NAME_POSTCODE,), name_postcode("", postcode), begins=True)
    return Alternative(tuple(asks) or (anybody,), Understood("name_postcode", " ".join((*called, postcode))))


# -- without one -----------------------------------------------------------------------------------------------------


def _plain(text: str) -> Question:
    if "@" in text:
        return Question((_email(text),))
    if any(each.isdigit() for each in text):
        return _with_digits(text)
    called = words(text)
    return Question((_name(called),)) if called else Question((_one("number", Ask(_IDS, compact(text)), text),))


def _with_digits(text: str) -> Question:
    form, digits = compact(text), telephone.digits(text)
    found = [_one("number", Ask(_IDS, form), form)]
    is_number = _TELEPHONE.fullmatch(text) is not None
    if is_number and (len(digits) in _DIGITS or text.startswith("+")):
        found.append(_one("phone", Ask((TermKind.PHONE,), digits), digits))
    tokens = text.split()
    called = words(" ".join(token for token in tokens if not any(each.isdigit() for each in token)))
    postcode = compact("".join(token for token in tokens if any(each.isdigit() for each in token)))
    if called:
        found.append(_at(called, postcode))
    is_tail = is_number and len(form) in range(_LOCAL.start, TAIL + 1)
    return Question(tuple(found), (_tail(text),) if is_tail else ())
