"""Key pairs (Ed25519) that sign tokens: made, written as one line of text, and read."""

import json
from base64 import urlsafe_b64decode
from functools import lru_cache
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

ALGORITHM: Final = "Ed25519"
PRIVATE: Final = "ed25519-private:"
PUBLIC: Final = "ed25519-public:"


class KeyIsUnreadable(ValueError):
    """A key is not as `hub token keypair` prints it."""


def new_pair() -> tuple[str, str]:
    """Return a fresh private key and its public half, each as a line of text."""
    made = OKPKey.generate_key(ALGORITHM).as_dict(private=True)
    return f"{PRIVATE}{made['d']}.{made['x']}", f"{PUBLIC}{made['x']}"


def is_pair(key: str) -> bool:
    """Tell whether a key is the private half of a pair, and no shared secret."""
    return key.startswith(PRIVATE)


def is_public(key: str) -> bool:
    """Tell whether a key is the public half of a pair."""
    return key.startswith(PUBLIC)


def verifying(key: str) -> OKPKey:
    """Return what verifies the signatures of a pair, by either half; raises KeyIsUnreadable."""
    return public(public_half(key) if is_pair(key) else key)


def public_half(private_key: str) -> str:
    """Return the public half of a private key; raises KeyIsUnreadable."""
    return f"{PUBLIC}{private(private_key).as_dict(private=False)['x']}"


@lru_cache(maxsize=32)
def private(key: str) -> OKPKey:
    """Return a private key; raises KeyIsUnreadable."""
    d, _, x = key.removeprefix(PRIVATE).partition(".")
    return _key({"d": d, "x": x}) if is_pair(key) else _unreadable()


@lru_cache(maxsize=32)
def public(key: str) -> OKPKey:
    """Return a public key; raises KeyIsUnreadable."""
    return _key({"x": key.removeprefix(PUBLIC)}) if is_public(key) else _unreadable()


def _key(parts: dict[str, str]) -> OKPKey:
    if any(len(_bytes(each)) != 32 for each in parts.values()):
        return _unreadable()
    key: OKPKey = OKPKey.import_key({"kty": "OKP", "crv": ALGORITHM, **parts})
    return key


def _unreadable() -> OKPKey:
    raise KeyIsUnreadable(" ".join((KeyIsUnreadable.__doc__ or "").split()))


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def unverified(token: str) -> dict[str, Any]:
    """Return what a token claims, whoever made it: good for choosing who verifies it, and for nothing else."""
    try:
        return claims_in(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        return {}


def claims_in(payload: bytes | None) -> dict[str, Any]:
    """Return the claims of a token that nobody has verified yet; none where they are no object."""
    try:
        found = json.loads(payload or b"")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
