"""What PostgreSQL would refuse to write into its tables."""

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from adapters.errors import StoreRefused
from adapters.rows.batch import Batch
from contracts.values import Value, asdict

_SMALL: Final = frozenset({"partition", "n", "changes", "rules"})
"""Columns of 32 bits; every other integer has 64."""
_JSON: Final = frozenset({"data", "known", "document", "document_before"})
_BYTES_ASIDE: Final = frozenset({"headers", "message"})
"""Fields that are stored as bytes: whatever text they hold, it can be stored."""


def check_storable(batch: Batch) -> None:
    """Refuse texts, numbers and documents that PostgreSQL has no place for; raises StoreRefused."""
    asides = [replace(row, detail="") for row in batch.set_aside]  # a detail is made storable as it is written
    for group in (batch.documents, batch.journal, asides, batch.armed, batch.references, batch.quarantined):
        for row in group:
            _check_value("", row)
    for position in batch.positions:
        _check_value("", position)


def _check_value(name: str, value: Any) -> None:
    if name in _BYTES_ASIDE:
        return
    if isinstance(value, Value):
        for field, held in asdict(value).items():
            _check_value(field, held)
    elif is_dataclass(value):
        for spec in fields(value):
            _check_value(spec.name, getattr(value, spec.name))
    elif isinstance(value, list | tuple):
        for each in value:
            _check_value(name, each)
    elif isinstance(value, str):
        _check_text(name, value)
    elif isinstance(value, int) and value.bit_length() > (31 if name in _SMALL else 63):
        raise StoreRefused("22003", f"{name} is out of range: {value}")


def _check_text(name: str, text: str) -> None:
    if "\x00" in text or (not text.isascii() and _has_surrogate(text)):
        raise StoreRefused("22021", f"{name} has a NUL or half of a surrogate pair")
    if name not in _JSON:
        return
    try:
        json.loads(text)
    except ValueError as error:
        raise StoreRefused("22P02", f"{name} is not JSON: {error}") from None
    if "\\u0000" in text:
        raise StoreRefused("22P05", f"{name} has a NUL in a text of its document")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
