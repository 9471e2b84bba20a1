"""Between the pipeline's values and what PostgreSQL and its driver take."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from adapters.errors import StoreRefused

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
        raise StoreRefused(str(error.sqlstate), str(error)) from error
    if isinstance(error, OverflowError | ValueError):
        raise StoreRefused("22000", repr(error)) from error
