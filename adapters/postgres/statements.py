"""One statement for a whole batch, put together from the parts of its nouns: their SQL, and the rows that go in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Input(Generic[T]):
    """Rows that go into a statement as arrays, one a column; its SQL writes their name in braces."""

    name: str
    types: str
    columns: Callable[[T], list[Any]]


def numbered(sql: str, inputs: Sequence[Input[T]], first: int) -> str:
    """Return a statement's text with its inputs as parameters, from `$first` on."""
    for each in inputs:
        types = each.types.split()
        arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, start=first))
        sql = sql.replace(f"{{{each.name}}}", f"unnest({arrays})")
        first += len(types)
    return sql


def arguments(inputs: Sequence[Input[T]], given: T) -> list[Any]:
    """Return the inputs' columns, in the order of their parameters."""
    return [column for each in inputs for column in each.columns(given)]
