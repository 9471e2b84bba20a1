"""Documents: aggregates as the store keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.values import Value


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """The row of an aggregate, which `subject` names as `contracts.subjects` writes it."""

    subject: str
    seq: int
    version: int
    document: Mapping[str, Any]
    rules: int


class DocumentRow(Value):
    """The row of an aggregate as a batch leaves it; `changes` journal rows were added since the last one."""

    subject: str
    seq: int
    changes: int
    version: int
    state: str | None
    number: str | None
    store: str | None
    document: str
    rules: int
    attention: bool = False
