"""Between the pipeline's values and what PostgreSQL and its driver take."""

import re
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from adapters.errors import StoreRefused

_ARGUMENT: Final = re.compile(r"invalid input for query argument \$\d+")
"""What the driver says of a value that it can't send, up to where it quotes it."""
DATA_CLASSES: Final = ("22", "23", "54")


def storable(told: str) -> str:
    """Return a text for people without what PostgreSQL can't hold."""
    return told.replace("\x00", "␀").encode(errors="replace").decode()


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Return rows as columns, `width` empty ones where there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def check_refused(error: BaseException) -> None:
    """Raise StoreRefused where PostgreSQL, or the driver's own encoder, can't hold what it was given."""
    if isinstance(error, asyncpg.PostgresError) and str(error.sqlstate)[:2] in DATA_CLASSES:
        raise StoreRefused(str(error.sqlstate), _without_values(error)) from None
    if isinstance(error, OverflowError | ValueError):
        raise StoreRefused("22000", _without_values(error)) from None


def _without_values(error: Exception) -> str:
    """Return what the store has against some value, and where it would stand; messages of both may quote the value."""
    names = ("table_name", "column_name", "constraint_name")
    places = [str(place) for place in (getattr(error, name, None) for name in names) if place]
    argument = _ARGUMENT.match(str(error))
    if argument is not None:
        places.append(argument.group())
    return " ".join([type(error).__name__, *(["at", ", ".join(places)] if places else [])])
