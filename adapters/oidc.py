"""OpenID Connect: access tokens of an identity provider, verified by the keys that it publishes (RFC 9068)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

TYPES: Final = ("at+jwt", "application/at+jwt")
"""What the header of an access token says it is: an ID token, or one of another sort, opens nothing."""
SECONDS: Final = 5.0
AGAIN: Final = 10.0
"""How long the provider isn't asked anew for a key that it doesn't have: a forged token must not cost it a request."""
MOST_BYTES: Final = 256 * 1024


class ProviderIsAway(Exception):
    """The identity provider does not give its keys ({reason}): nobody can sign in by it until it does."""

    def __init__(self, reason: str) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()).format(reason=reason))


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Which provider, for which audience, by which algorithms; `jwks_url` where its discovery isn't to be asked."""

    issuer: str
    audience: str
    algorithms: Sequence[str]
    jwks_url: str | None = None
    keys_for: float = 600.0


class Provider:
    """An identity provider; its keys are asked for once, and again when one is missing or they are old."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._keys: KeySet | None = None
        self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def claims(self, token: str) -> Mapping[str, Any] | None:
        """Return the claims of a token that is right and still holds, else None; raises ProviderIsAway."""
        header = _header(token)
        if header is None or header.get("alg") not in self._settings.algorithms or header.get("typ") not in TYPES:
            return None
        found = await self._keys_with(str(header.get("kid", "")))
        try:
            read = jwt.decode(token, found, algorithms=list(self._settings.algorithms))
            rules = jwt.JWTClaimsRegistry(
                now=int(time.time()),
                leeway=30,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.audience},
                sub={"essential": True},
                exp={"essential": True},
            )
            rules.validate(read.claims)
        except (JoseError, ValueError, TypeError):
            return None
        claims: Mapping[str, Any] = read.claims
        return claims

    async def _keys_with(self, kid: str) -> KeySet:
        """Return the provider's keys, asked for anew if they are old or this one is not among them."""
        async with self._asking:
            now, found = time.monotonic(), self._keys
            old = now - self._asked > self._settings.keys_for
            missing = found is not None and kid not in {key.kid for key in found.keys}
            if found is None or old or (missing and now - self._asked > AGAIN):
                try:
                    found = self._keys = await self._fetch()
                    self._asked = now
                except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                    if found is None:
                        raise ProviderIsAway(type(error).__name__) from error
                    self._asked = now - self._settings.keys_for + AGAIN  # what is known counts a while longer
            return found

    async def _fetch(self) -> KeySet:
        async with httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
            url = self._settings.jwks_url
            if url is None:
                where = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = await _json(client, where)
                if found.get("issuer") != self._settings.issuer:
                    raise ValueError("the discovery document is another issuer's")
                url = str(found["jwks_uri"])
            document = await _json(client, url)
        signing = [key for key in document["keys"] if key.get("use", "sig") == "sig"]
        return KeySet.import_key_set({"keys": signing})


async def _json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    answer = await client.get(url)
    answer.raise_for_status()
    if len(answer.content) > MOST_BYTES:
        raise ValueError("too large")
    found = answer.json()
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


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
