"""Cursors: where a page of a list ended, signed, and of use for the same list only."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b, sha256
from typing import Final

from pydantic_core import from_json, to_json

from hub.desk.errors import CursorIsInvalid, CursorMismatches

_SIGNATURE: Final = 16
_TIME: Final = "t"


def fingerprint(name: str, asked: Mapping[str, object]) -> str:
    """Return what tells a list, its filters and its order from others."""
    told = to_json([name, sorted((key, value) for key, value in asked.items() if value not in (None, (), False))])
    return blake2b(told, digest_size=9).hexdigest()


def written(key: bytes, of: str, place: Sequence[object]) -> str:
    """Return the cursor of a place in the list with this fingerprint."""
    values = [[_TIME, each.isoformat()] if isinstance(each, datetime) else each for each in place]
    told = to_json([of, values])
    return urlsafe_b64encode(_signed(key, told) + told).decode().rstrip("=")


def read(key: bytes, of: str, cursor: str) -> Sequence[object]:
    """Return the place that a cursor names; raises CursorIsInvalid, or CursorMismatches for that of another list."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:
        raise CursorIsInvalid from error
    told = raw[_SIGNATURE:]
    if not hmac.compare_digest(raw[:_SIGNATURE], _signed(key, told)):
        raise CursorIsInvalid
    other, values = from_json(told)
    if other != of:
        raise CursorMismatches
    return [datetime.fromisoformat(each[1]) if isinstance(each, list) else each for each in values]


def _signed(key: bytes, told: bytes) -> bytes:
    return hmac.new(key, told, sha256).digest()[:_SIGNATURE]
