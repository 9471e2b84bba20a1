"""What stands in a token, whoever made it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any


def part(token: str, number: int) -> dict[str, Any]:
    """Return the header (0) or the claims (1) of a token."""
    text = token.split(".")[number]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def written(told: dict[str, Any]) -> str:
    """Return a header or claims as they stand in a token."""
    return urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def kid_of(token: str) -> str:
    """Return the id of the key that signed it."""
    return str(part(token, 0)["kid"])
