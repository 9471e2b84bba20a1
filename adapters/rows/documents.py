"""Documents: aggregates as the store keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order's row."""

    order_id: str
    seq: int
    version: int
    document: Mapping[str, Any]
    rules: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order's row as a batch leaves it; `changes` journal rows were added since the last one."""

    order_id: str
    seq: int
    changes: int
    version: int
    state: str | None
    number: str | None
    store: str | None
    document: str
    rules: int
    attention: bool = False
