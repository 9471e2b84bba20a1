"""Personal data is marked where a field is declared: by the point under which it is kept, shown and erased.

`Annotated[Word, Personal("order.contact")]`, or `NotPersonal`; types such as `Id` and `Code` are marked themselves. A
text without a mark can't be imported. Values show the point in place of what is personal: in logs, errors and reports.
"""

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field that tells of a person; `point` names what it belongs to, such as `order.contact`."""

    point: str

    def __str__(self) -> str:
        return f"[{self.point}]"


class NotPersonal:
    """Marks a text that tells of no person."""


def mark_of(hint: Any) -> Any:
    """Return the mark of an annotation, the outermost one, or None."""
    found = [item for item in metadata_of(hint) if isinstance(item, Personal) or item is NotPersonal]
    return found[0] if found else None


def personal_fields(hints: Mapping[str, Any]) -> dict[str, Personal]:
    """Return the marks of the fields that are personal."""
    marks = {name: mark_of(hint) for name, hint in hints.items()}
    return {name: mark for name, mark in marks.items() if isinstance(mark, Personal)}


def shown(value: Any) -> str:
    """Return a value of a message as it may be logged: its fields, with the mark in place of a personal text."""
    personal = value.declared.personal
    told = []
    for name in value.__struct_fields__:
        held = getattr(value, name)
        told.append(f"{name}={personal[name] if held and isinstance(held, str) and name in personal else repr(held)}")
    return f"{type(value).__name__}({', '.join(told)})"


def mark_at(kind: Any, path: Iterable[str | int]) -> Personal | None:
    """Return the mark of what stands at a path of a message's data, or of what holds it."""
    found = None
    for step in path:
        if isinstance(step, int):
            continue
        head = kind.declared.head
        hint = kind.declared.hints.get(step) or (head and head.declared.hints.get(step))
        mark = mark_of(hint)
        kind = innermost(hint)
        found = mark if isinstance(mark, Personal) else None if kind is str else found
        if not hasattr(kind, "declared"):
            break
    return found


def names_in(kinds: Iterable[Any]) -> frozenset[str]:
    """Return the names of the fields, in these classes and their parts, that are personal with all that is in them."""
    found: set[str] = set()
    for kind in kinds:
        found |= kind.declared.personal.keys()
        inner = {innermost(hint) for name, hint in kind.declared.hints.items() if name not in kind.declared.personal}
        found |= names_in(each for each in inner if hasattr(each, "declared"))
    return frozenset(found)


def innermost(hint: Any) -> Any:
    """Return the type inside of an optional, bounded or repeated one."""
    if get_origin(hint) is Annotated:
        return innermost(hint.__origin__)
    inner = [each for each in get_args(hint) if each not in (type(None), ...)]
    return innermost(inner[0]) if inner else hint


def metadata_of(hint: Any) -> Iterator[Any]:
    """Yield what an annotation is annotated with, from the outside to the inside."""
    origin = get_origin(hint)
    if origin is Annotated:
        yield from reversed(hint.__metadata__)
        yield from metadata_of(hint.__origin__)
    elif origin in (Union, types.UnionType, tuple):
        for each in get_args(hint):
            yield from metadata_of(each)
