"""The ids that the hub derives from an order, as docs/decisions/0005 says. Written here again, to check the hub."""

import uuid
from base64 import b32encode
from hashlib import sha1
from typing import Final

NAMESPACE: Final = uuid.UUID("6a1c5f0e-2b7d-5d0a-9c41-7e0f3b8d2a55")


def derived(order_id: str, *parts: object) -> str:
    """Return the id that the hub derives for one thing of an order: a UUIDv5."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(str(part) for part in (order_id, *parts))))


def rma_code(order_id: str, source: str, cause_id: str) -> str:
    """Return the code of the return that a request opens."""
    name = "\x1f".join((order_id, "rma", source, cause_id)).encode()
    found = sha1(NAMESPACE.bytes + name, usedforsecurity=False).digest()
    return f"RMA-{b32encode(found)[:10].decode()}"
