"""The JSON of a message, written straight from a value of the hub: the same bytes as the contract writes, sooner.

The contracts stay the ones who say what is right. For each of them a function is made that tests a value by the
contract's own bounds and returns its fields; a value that isn't plainly right is left to the contract itself, which
takes it in its own way or says what is wrong. So nothing leaves that the contract would not have written.
"""

import re
import types
from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from contracts.values import Value, fields

Document = dict[str, Any]
Write = Callable[[Any], Document]
Bounds = tuple[tuple[str, Any], ...]
_NO_NUL: Final = r"^[^\x00]*$"
_TESTS: Final = {
    "ge": "{held} >= {bound}",
    "le": "{held} <= {bound}",
    "min_length": "len({held}) >= {bound}",
    "max_length": "len({held}) <= {bound}",
    "pattern": "'\\0' not in {held}",
}
"""How each kind of bound is tested; a pattern is matched, but for the one that only keeps NUL out."""
_KNOWN: Final = {"datetime": datetime, "UTC": UTC}


class Unusual(Exception):
    """A value that isn't plainly right: only the contract can say whether it is, and what is wrong with it."""


NOT_PLAIN: Final = (Unusual, AttributeError, LookupError, TypeError, ValueError, OverflowError)
"""What comes of a value that the contract has to look at: a missing field, a wrong class, no Unicode, a huge number."""


def writer(contract: type[BaseModel], kind: type[Any] | None, without: frozenset[str] = frozenset()) -> Write:
    """Return what writes a value of a class (None: a mapping) as the fields of a contract, less some of them.

    The function raises Unusual, or what comes of a value that is no such thing, where the contract has to look.
    """
    maker = _Maker(kind)
    for name, field in contract.model_fields.items():
        if name not in without:
            maker.add(name, field)
    return maker.made(contract.__name__)


class _Maker:
    """The source of one function, field after field, as if by hand: a loop takes twice as long."""

    def __init__(self, kind: type[Any] | None) -> None:
        self._hints = None if kind is None else get_type_hints(kind)
        self._own = None if kind is None else {field.name for field in fields(kind)}
        self._names: dict[str, Any] = {"Unusual": Unusual, **_KNOWN}
        self._lines = ["def write(value):", "    document = {}"]

    def add(self, name: str, field: FieldInfo) -> None:
        """Write one field; one that the value's class doesn't have is its default."""
        hint, bounds = _unwrapped(field.annotation, field.metadata)
        if self._own is not None and name not in self._own:
            self._absent(name, field)
            return
        if self._own is not None:
            read = f"value.{name}"
        else:
            read = f"value[{name!r}]" if field.is_required() else f"value.get({name!r})"
        test, told = self._tested(hint, bounds, "held", None if self._hints is None else self._hints[name])
        self._lines += [f"    held = {read}"]
        if _is_optional(field):
            self._lines += ["    if held is not None:", f"        if not ({test}): raise Unusual({name!r})"]
            self._lines += [f"        document[{name!r}] = {told}"]
        else:  # nothing where something has to be
            self._lines += [f"    if not ({test}): raise Unusual({name!r})", f"    document[{name!r}] = {told}"]

    def _absent(self, name: str, field: FieldInfo) -> None:
        if field.default is PydanticUndefined:
            self._lines.append(f"    raise Unusual({name!r})")
        elif field.default is not None:
            self._lines.append(f"    document[{name!r}] = {self._named(field.default)}")

    def _named(self, thing: object) -> str:
        name = f"known{len(self._names)}"
        self._names[name] = thing
        return name

    def _tested(self, hint: Any, bounds: Bounds, held: str, source: Any) -> tuple[str, str]:
        """Return, as source, what tells that a value is plainly right, and what it is on the wire."""
        if get_origin(hint) is tuple:
            return self._many(hint, bounds, held, source)
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            write = self._named(writer(hint, _class_of(source) if self._hints is not None else None))
            return "True", f"{write}({held})"
        if isinstance(hint, type) and issubclass(hint, Enum):
            return f"{held} in {self._named({member.value: None for member in hint})}", f"str({held})"
        if hint is datetime:
            return f"{held}.__class__ is datetime and {held}.tzinfo is UTC", held
        if hint is str:  # a word of the rules is one as well, and is written as its value
            return " and ".join([f"isinstance({held}, str)", *self._bounded(bounds, held)]), held
        if hint in (int, bool):
            return " and ".join([f"{held}.__class__ is {hint.__name__}", *self._bounded(bounds, held)]), held
        raise TypeError(f"a contract's field is {hint}: say here how that is written")

    def _many(self, hint: Any, bounds: Bounds, held: str, source: Any) -> tuple[str, str]:
        inner, inner_bounds = _unwrapped(get_args(hint)[0], [])
        inner_source = next(iter(get_args(source)), None)
        test, told = self._tested(inner, inner_bounds, "each", inner_source)
        each_right = "True" if test == "True" else f"all([{test} for each in {held}])"
        right = " and ".join([f"{held}.__class__ in (tuple, list)", *self._bounded(bounds, held), each_right])
        return right, held if told == "each" else f"[{told} for each in {held}]"

    def _bounded(self, bounds: Bounds, held: str) -> list[str]:
        found = []
        for name, bound in bounds:
            if name == "pattern" and bound != _NO_NUL:
                found.append(f"{self._named(re.compile(_whole(bound)).match)}({held})")
            else:
                found.append(_TESTS[name].format(held=held, bound=bound))
        return found

    def made(self, name: str) -> Write:
        """Return the function."""
        source = "\n".join([*self._lines, "    return document"])
        exec(compile(source, f"<writing of {name}>", "exec"), self._names)  # noqa: S102 - ours
        return cast("Write", self._names["write"])


def _whole(pattern: str) -> str:
    """Return a contract's pattern for Python, whose `$` would let a last line break through."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise TypeError(f"a contract's pattern is not one for the whole text: {pattern}")
    return pattern[:-1] + r"\Z"


def _is_optional(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


def _unwrapped(hint: Any, metadata: list[Any]) -> tuple[Any, Bounds]:
    """Return a field's bare type, and its bounds: numbers, lengths and patterns."""
    bounds = list(metadata)
    while True:
        if get_origin(hint) in (Union, types.UnionType):
            hint = next(each for each in get_args(hint) if each is not type(None))
        elif hasattr(hint, "__metadata__"):
            bounds += hint.__metadata__
            hint = hint.__origin__
        else:
            return hint, tuple(each for bound in bounds for each in _plain(bound))


def _plain(bound: Any) -> list[tuple[str, Any]]:
    """Return the bounds that a piece of a field's metadata holds, by their names."""
    if isinstance(bound, AfterValidator):  # the one for times: it takes any with an offset, we those in UTC
        return []
    if isinstance(bound, FieldInfo):
        return [each for inner in bound.metadata for each in _plain(inner)]
    named = [field.name for field in dataclass_fields(bound)] if is_dataclass(bound) else list(vars(bound))
    told = [(name, getattr(bound, name)) for name in named if getattr(bound, name) is not None]
    if any(name not in _TESTS for name, _ in told):
        raise TypeError(f"a contract's field is bounded by {bound!r}: say here what that means")
    return told


def _class_of(hint: Any) -> type[Any]:
    """Return the class of a field of the hub's own values."""
    found = [each for each in (hint, *get_args(hint)) if isinstance(each, type) and issubclass(each, Value)]
    if not found:
        raise TypeError(f"{hint} is no class with fields")
    return cast("type[Any]", found[0])
