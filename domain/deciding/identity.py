"""Ids are derived, never drawn: the same order and the same business fact give the same id, in any run."""

from base64 import b32encode
from hashlib import sha1
from typing import Final
from uuid import UUID

_NAMESPACE: Final = UUID("6a1c5f0e-2b7d-5d0a-9c41-7e0f3b8d2a55").bytes


_BEGUN: Final = sha1(_NAMESPACE, usedforsecurity=False)
"""A copy of it is had sooner than a new one."""


def _digest(parts: tuple[object, ...]) -> bytes:
    begun = _BEGUN.copy()
    begun.update("\x1f".join(map(str, parts)).encode())
    return begun.digest()


def derive(order_id: str, *parts: object) -> str:
    """Return the UUIDv5 of the order and the parts that say which of its things is meant."""
    text = _digest((order_id, *parts)).hex()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def rma_code(order_id: str, source: str, cause_id: str) -> str:
    """Return the code of the return that this cause opens: `RMA-` and ten base32 characters (R-01)."""
    return f"RMA-{b32encode(_digest((order_id, 'rma', source, cause_id)))[:10].decode()}"
