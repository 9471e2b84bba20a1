"""Sealing: a text that can be read by who has a secret, and by nobody else (AES-256-GCM)."""

import hashlib

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey


def seal(text: str, secret: str, what: str) -> bytes:
    """Return a text as it is stored; `what` it is keeps seals of one secret apart."""
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, text.encode(), _key(secret, what)).encode()


def unsealed(held: bytes, secret: str, what: str) -> str | None:
    """Return a sealed text; None where the secret is another one."""
    try:
        found = jwe.decrypt_compact(held.decode(), _key(secret, what))
    except (JoseError, ValueError):
        return None
    return None if found.plaintext is None else found.plaintext.decode()


def _key(secret: str, what: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(f"{what}\n{secret}".encode()).digest())
