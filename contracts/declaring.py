"""A part of a message is declared once: annotated fields make the value, its reader and pydantic's model of it.

The class itself is a value (`msgspec.Struct`). Its bounds are written as pydantic understands them; here they are told
to msgspec as well. msgspec may only accept: what it takes, pydantic takes with the same value; whatever it refuses, and
whatever it might see otherwise than pydantic, goes to pydantic for the verdict and its words (`contracts.judging`).
"""

import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Literal, Union, dataclass_transform, get_args, get_origin

import msgspec
from pydantic.fields import FieldInfo

from contracts.checks import Check, Identifies, unique
from contracts.personal import NotPersonal, Personal, innermost, mark_of, metadata_of, personal_fields
from contracts.values import Value, Valued, annotate, annotations_of, field

NO_NUL: Final = r"^[^\x00]*$"
"""Keeps NUL out of a text. In JSON it can only be escaped, and what has such an escape is never read fast."""
IDENTIFIER: Final = r"^[\x21-\x7e]{1,200}$"
"""An identifier's pattern; they are looked at all together, after they are read: see `judging.read_fast`."""
LABEL: Final = r"^[\x21-\x7e][\x20-\x7e]{0,199}$"
"""The pattern of a number as people and scanners write it: an identifier that may have spaces inside."""
_ALTERNATIVES: Final = re.compile(r"\^\(([\w|]+)\)\$")
_BOUNDS: Final = frozenset({"ge", "le", "min_length", "max_length", "pattern"})
_PLAIN: Final = (str, int, bool)
_MARKS: Final = (NotPersonal, Identifies)
Places = tuple[tuple[str, "Places"], ...]
"""The fields of some kind, or that hold parts with such fields, with what is inside of those."""


class Flat:
    """Marks the part `head`: on the wire its fields stand before the message's own."""


class Words:
    """Marks a text as one of an enumeration's words: values hold the word itself, not the member."""

    def __init__(self, kind: type[StrEnum]) -> None:
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Declared:
    """What a class declares: its fields as annotated, and their order on the wire where the value's own is another.

    `head` is the class of what all messages of a kind carry before their own fields; it is not one of `hints`.
    `checks` are those of the class itself; `checked` are the places of the parts in it that have some.
    """

    hints: Mapping[str, Any]
    defaults: Mapping[str, Any]
    order: tuple[str, ...] | None
    moments: Places
    ids: Places
    head: type[Any] | None
    personal: Mapping[str, Personal]
    checks: tuple[Check, ...]
    checked: Places

    @property
    def has_checks(self) -> bool:
        """Tell whether something must hold between the fields of the class, or of parts in it."""
        return bool(self.checks or self.checked)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Declaring(Valued):
    """Makes the classes of messages and of their parts."""

    declared: Declared
    checks: tuple[Check, ...] = ()
    """What must hold between the fields, beside what follows from what identifies the parts of its lists."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        """Return a class of values that msgspec reads within the bounds of its annotations."""
        told = annotations_of(namespace)
        own = {each: hint for each, hint in told.items() if get_origin(hint) is not ClassVar}
        before: Declared | None = next((base.declared for base in bases if hasattr(base, "declared")), None)
        inherited = {} if before is None else {n: hint for n, hint in before.hints.items() if n not in own}
        held = {} if before is None else {n: default for n, default in before.defaults.items() if n not in own}
        given = {each: namespace[each] for each in own if each in namespace}
        namespace |= {
            each: field(default_factory=_giving(default)) for each, default in given.items() if default is not None
        }
        _look_at_marks(name, own)
        annotate(namespace, {each: read_fast(hint) for each, hint in own.items()})
        made = super().__new__(mcs, name, bases, namespace, forbid_unknown_fields=True, **options)
        hints, head = _without_head(inherited | own, None if before is None else before.head)
        ordered = tuple(each for each in made.__struct_fields__ if each in hints)
        order = None if ordered == tuple(hints) else tuple(hints)
        made.declared = Declared(
            MappingProxyType(hints),
            MappingProxyType(held | given),
            order,
            _places(hints, "moments", _is_moment),
            _places(hints, "ids", _is_id),
            head,
            MappingProxyType(personal_fields(hints)),
            (*made.checks, *_unique(hints)),
            _places(hints, "has_checks", _never),
        )
        return made


def _giving(default: object) -> Callable[[], object]:
    """Return what gives a default that is written like any other value; of a member its word."""
    given = str(default) if isinstance(default, StrEnum) else default
    return lambda: given


def read_fast(hint: Any) -> Any:
    """Return the type that msgspec reads for an annotation; TypeError for one that it would not read alike."""
    hint, metadata = unwrapped(hint)
    metadata = tuple(item for item in metadata if not (isinstance(item, Personal) or item in _MARKS))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if any(item is not Flat for item in metadata):
            raise TypeError(f"{hint} is bounded as a whole: bound what may be there, `Annotated[…] | None`")
        return Union[tuple(read_fast(each) for each in arguments)]  # noqa: UP007 - of types that are found here
    if hint is type(None):
        return hint
    words = [item.kind for item in metadata if isinstance(item, Words)]
    if words:
        return Literal[tuple(str(word) for word in words[0])]
    if hint is datetime:  # pydantic turns it to UTC; what isn't in UTC is left to it
        return Annotated[datetime, msgspec.Meta(tz=True)]
    bounds = dict(each for item in metadata for each in _bounds(item))
    if origin is tuple and arguments[1:] == (...,):
        hint = tuple[read_fast(arguments[0]), ...]  # type: ignore[misc]  # of a type that is found here
    elif hint not in _PLAIN and not (isinstance(hint, type) and issubclass(hint, Value)):
        raise TypeError(f"a contract's field is {hint}: say here how that is read")
    return _bounded(hint, bounds)


def _bounded(hint: Any, bounds: dict[str, Any]) -> Any:
    alternatives = _ALTERNATIVES.fullmatch(bounds.get("pattern", ""))
    if alternatives is not None:
        return Literal[tuple(alternatives[1].split("|"))]
    if "pattern" in bounds:
        bounds["pattern"] = _whole(bounds["pattern"])
    return Annotated[hint, msgspec.Meta(**bounds)] if bounds else hint


def unwrapped(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a hint without its metadata, and that."""
    metadata: tuple[Any, ...] = ()
    while get_origin(hint) is Annotated:
        metadata = (*hint.__metadata__, *metadata)
        hint = hint.__origin__
    return hint, metadata


def _bounds(item: Any) -> list[tuple[str, Any]]:
    """Return the bounds that a piece of a field's metadata holds, by their names; TypeError for one not known here."""
    if isinstance(item, FieldInfo):
        return [each for inner in item.metadata for each in _bounds(inner)]
    named = [each.name for each in dataclass_fields(item)] if is_dataclass(item) else list(vars(item))
    told = [(name, getattr(item, name)) for name in named if getattr(item, name) is not None]
    if any(name not in _BOUNDS for name, _ in told):
        raise TypeError(f"a contract's field is bounded by {item!r}: say here what that means")
    if ("pattern", IDENTIFIER) in told:
        return [("min_length", 1), ("max_length", 200)]
    return [(name, bound) for name, bound in told if (name, bound) != ("pattern", NO_NUL)]


def _whole(pattern: str) -> str:
    """Return a contract's pattern for Python, whose `$` would let a last line break through."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise TypeError(f"a contract's pattern is not one for the whole text: {pattern}")
    return pattern[:-1] + r"\Z"


def _look_at_marks(name: str, hints: Mapping[str, Any]) -> None:
    """Refuse a text of which nobody said whether it is personal; words out of a list are none."""
    for each, hint in hints.items():
        if innermost(hint) is str and mark_of(hint) is None and not _is_listed(hint):
            raise TypeError(f"{name}.{each} is a text without a mark: declare it as Personal(…) or NotPersonal")


def _is_listed(hint: Any) -> bool:
    fast = read_fast(hint)
    return any(get_origin(each) is Literal for each in (fast, *get_args(fast)))


def _without_head(hints: dict[str, Any], head: type[Any] | None) -> tuple[dict[str, Any], type[Any] | None]:
    for name, hint in hints.items():
        if Flat in unwrapped(hint)[1]:
            return {each: other for each, other in hints.items() if each != name}, innermost(hint)
    return hints, head


def _is_moment(hint: Any) -> bool:
    return innermost(hint) is datetime


def _is_id(hint: Any) -> bool:
    return any(getattr(item, "pattern", None) == IDENTIFIER for item in metadata_of(hint))


def _never(hint: Any) -> bool:
    return False


def _places(hints: Mapping[str, Any], of: str, is_one: Callable[[Any], bool]) -> Places:
    found: list[tuple[str, Places]] = []
    for name, hint in hints.items():
        kind = innermost(hint)
        if is_one(hint):
            found.append((name, ()))
        elif isinstance(kind, Declaring) and (inner := getattr(kind.declared, of)):
            found.append((name, () if inner is True else inner))
    return tuple(found)


def _unique(hints: Mapping[str, Any]) -> Iterator[Check]:
    """Yield a check for each list whose entries are identified by what they are, or by a field of theirs."""
    for name, hint in hints.items():
        several = _list_in(hint)
        if several is None:
            continue
        kind = innermost(several)
        if isinstance(kind, Declaring):
            yield from (unique(name, each) for each, inner in kind.declared.hints.items() if _identifies(inner))
        elif _identifies(several):
            yield unique(name, None)


def _list_in(hint: Any) -> Any:
    """Return what a field is a list of; None where it is no list."""
    bare = unwrapped(hint)[0]
    if get_origin(bare) is tuple:
        return get_args(bare)[0]
    given = [each for each in get_args(bare) if each is not type(None)] if type(None) in get_args(bare) else []
    return _list_in(given[0]) if given else None


def _identifies(hint: Any) -> bool:
    return any(item is Identifies for item in metadata_of(hint))
