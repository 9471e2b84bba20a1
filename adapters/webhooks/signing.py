"""Signatures of Standard Webhooks, the secrets behind them, and how secrets are kept."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

PREFIX: Final = "whsec_"
BYTES: Final = 32
_SEALED: Final = {"alg": "dir", "enc": "A256GCM"}


class SecretIsSealed(Exception):
    """A secret of a webhook was sealed with a key that HUB_WEBHOOKS__KEYS does not name."""


def new_secret() -> str:
    """Return a fresh secret, as Standard Webhooks writes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message (`v1`: HMAC-SHA256)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


def headers(valid: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers of a message, signed with each valid secret; `timestamp` in seconds since 1970."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in valid),
    }


def sealed(secret: str, keys: Sequence[str]) -> str:
    """Return a secret as it is stored: encrypted with the first key, or as it is where there is none."""
    return jwe.encrypt_compact(_SEALED, secret.encode(), _key(keys[0])) if keys else secret


def unsealed(stored: str, keys: Sequence[str]) -> str:
    """Return a stored secret; raises SecretIsSealed where none of the keys opens it."""
    if stored.startswith(PREFIX):
        return stored
    for key in keys:
        try:
            return (jwe.decrypt_compact(stored, _key(key)).plaintext or b"").decode()
        except (JoseError, ValueError):
            continue
    raise SecretIsSealed(" ".join((SecretIsSealed.__doc__ or "").split()))


def _key(text: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(text.encode()).digest())
