"""What must hold between the fields of a message: named checks that both readers ask, and the schema tells in words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple


class Identifies:
    """Marks a field that names its part in a list: no two parts of a list have the same."""


class Fault(NamedTuple):
    """What is wrong between fields: where, below the part that was checked, and why; it repeats no value."""

    path: tuple[str | int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold of a part; `says` is the sentence in its schema.

    `holds` is asked of every message and has to be quick. `faults` is asked where it doesn't hold.
    """

    name: str
    says: str
    holds: Callable[[Any], bool]
    faults: Callable[[Any], Iterator[Fault]]


def unique(field: str, identity: str | None) -> Check:
    """Return the check that what identifies the parts of a list is there once; without `identity` its items do."""
    named = field if identity is None else f"{field}/{identity}"

    def names(part: Any) -> tuple[Any, ...]:
        held = getattr(part, field) or ()
        return held if identity is None else tuple(getattr(each, identity) for each in held)

    def holds(part: Any) -> bool:
        held = getattr(part, field)
        return held is None or len(held) < 2 or len(set(names(part))) == len(held)

    def faults(part: Any) -> Iterator[Fault]:
        first: dict[Any, int] = {}
        for place, name in enumerate(names(part)):
            if first.setdefault(name, place) != place:
                tail = () if identity is None else (identity,)
                where = "/".join(map(str, (field, first[name], *tail)))
                yield Fault((field, place, *tail), f"Input should differ from /{where}: it identifies its entry")

    return Check(f"unique {named}", f"Each of `{named}` is there once.", holds, faults)
