"""OpenID Connect: access tokens of an identity provider, verified by the keys that it publishes (RFC 9068)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError

from adapters.published_keys import ProviderIsAway, PublishedKeys

__all__ = ["Provider", "ProviderIsAway", "ProviderSettings", "at"]

TYPES: Final = ("at+jwt", "application/at+jwt")
"""What the header of an access token says it is: an ID token, or one of another sort, opens nothing."""
LEEWAY: Final = 30
"""Seconds by which the provider's clock may differ from ours."""
LATEST: Final = 253_402_300_799
"""The last second of the year 9999: what is good for longer is a mistake."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Which provider, for which audience, by which algorithms; `jwks_url` where its discovery isn't to be asked."""

    issuer: str
    audience: str
    algorithms: Sequence[str]
    jwks_url: str | None = None
    keys_for: float = 600.0


class Provider:
    """An identity provider whose tokens count here."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._keys = PublishedKeys(settings.issuer, settings.jwks_url, settings.keys_for)

    async def claims(self, token: str) -> Mapping[str, Any] | None:
        """Return the claims of a token that is right and still holds, else None; raises ProviderIsAway."""
        header = _header(token)
        if header is None or not self._takes(header):
            return None
        keys = await self._keys.holding(header.get("kid"))
        if keys is None:
            return None
        try:
            claims: Mapping[str, Any] = jwt.decode(token, keys, algorithms=list(self._settings.algorithms)).claims
            self._rules().validate(dict(claims))
        except (JoseError, ValueError, TypeError):
            return None
        return claims if claims["exp"] <= LATEST else None

    def _takes(self, header: Mapping[str, Any]) -> bool:
        """Tell whether a token is of the sort and signed in a way that counts; where its keys are, it can't say."""
        kind, kid = header.get("typ"), header.get("kid", "")
        named = isinstance(kind, str) and kind.lower() in TYPES and isinstance(kid, str)
        return named and header.get("alg") in self._settings.algorithms

    def _rules(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=now(),
            leeway=LEEWAY,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.audience},
            sub={"essential": True},
            exp={"essential": True},
        )


def now() -> int:
    """Return the seconds since 1970."""
    return int(time.time())


def _header(token: str) -> Mapping[str, Any] | None:
    try:
        header: Mapping[str, Any] = jws.extract_compact(token.encode()).protected
    except (JoseError, ValueError, TypeError):
        return None
    return header


def at(claims: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path of names with dots between, else None."""
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
