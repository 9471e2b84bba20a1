"""The keys that an identity provider publishes (JWKS): asked for once, and again when one is missing or they age."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from adapters.calls.exchange import body_of

SECONDS: Final = 5.0
"""How long the provider has for both its documents together."""
AGAIN: Final = 10.0
"""How long it isn't asked anew for a key that it doesn't have: a forged token must not cost it a request."""
SOON: Final = 1.0
"""How long it isn't asked anew after it gave no answer."""
AT_MOST: Final = 24 * 3600.0
"""How long keys count that can't be asked for anew: a token lives for minutes, so nobody notices but a thief."""
MOST_BYTES: Final = 256 * 1024
LEAST_BITS: Final = 2048
"""The shortest RSA key that counts (RFC 7518, 3.3)."""


KINDS: Final[Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
"""The sorts of keys that verify signatures; one that is a shared secret is none."""
UNUSABLE: Final = (
    *(httpx2.HTTPError, httpx2.InvalidURL, JoseError, TimeoutError),
    *(ValueError, KeyError, TypeError, RecursionError),
)
"""What an answer that can't be used, or none, ends in."""


class ProviderIsAway(Exception):
    """The identity provider does not give its keys ({reason}): nobody can sign in by it until it does."""

    def __init__(self, reason: str) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()).format(reason=reason))


class PublishedKeys:
    """A provider's keys. One question at a time is asked, for all who wait.

    While the provider is away, who shows a token of a known key waits for no answer.
    """

    def __init__(self, issuer: str, jwks_url: str | None, keys_for: float) -> None:
        self._issuer, self._jwks_url, self._keys_for = issuer, jwks_url, keys_for
        self._keys = KeySet([])
        self._got = self._asked = float("-inf")
        self._trouble: str | None = None
        self._asking: asyncio.Task[None] | None = None

    async def holding(self, kid: str | None) -> KeySet | None:
        """Return the keys if one of them has this id, else None; raises ProviderIsAway where that can't be known."""
        if self._age() <= self._keys_for and self._knows(kid):
            return self._keys
        running = self._running_question()
        if running is not None and not (self._trouble and self._knows(kid)):
            await asyncio.shield(running)  # who hangs up does not end it for the others
        if self._knows(kid):
            return self._keys
        if self._trouble:
            raise ProviderIsAway(self._trouble)
        return None

    def _age(self) -> float:
        return time.monotonic() - self._got

    def _knows(self, kid: str | None) -> bool:
        """Tell whether a key with this id counts still; a token that names none is for a provider with one key."""
        if self._age() > max(AT_MOST, self._keys_for):
            return False
        return len(self._keys.keys) == 1 if kid is None else any(key.kid == kid for key in self._keys)

    def _running_question(self) -> asyncio.Task[None] | None:
        """Return the question that is being asked; a new one, if it is time for it."""
        if self._asking is not None and not self._asking.done():
            return self._asking
        if time.monotonic() - self._asked <= (SOON if self._trouble else AGAIN):
            return None
        self._asking = asyncio.create_task(self._ask())
        return self._asking

    async def _ask(self) -> None:
        """Ask the provider, and keep what it says, or why it says nothing."""
        try:
            async with asyncio.timeout(SECONDS):
                self._keys = await self._fetch()
        except UNUSABLE as error:
            self._trouble = type(error).__name__
        else:
            self._got, self._trouble = time.monotonic(), None
        finally:
            self._asked = time.monotonic()

    async def _fetch(self) -> KeySet:
        async with httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
            url = self._jwks_url or await self._discovered(client)
            return _signing(await _json(client, url))

    async def _discovered(self, client: httpx2.AsyncClient) -> str:
        """Return where the provider's discovery document says that its keys are."""
        found = await _discovery(client, self._issuer)
        url = str(found["jwks_uri"])
        if not is_safe(url, self._issuer):
            raise ValueError("somebody on the way could change the keys")
        return url


def is_safe(url: str, issuer: str) -> bool:
    """Tell whether nobody on the way to an address could listen: https, or where the issuer itself is."""
    found, home = urlsplit(url), urlsplit(issuer)
    return found.scheme == "https" or (found.scheme, found.hostname) == (home.scheme, home.hostname)


async def document_at(issuer: str) -> Mapping[str, Any]:
    """Return a provider's discovery document; what it can't be used for ends in one of UNUSABLE."""
    async with asyncio.timeout(SECONDS), httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
        return await _discovery(client, issuer)


async def _discovery(client: httpx2.AsyncClient, issuer: str) -> Mapping[str, Any]:
    found = await _json(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise ValueError("the discovery document is another issuer's")
    return found


def _signing(document: Mapping[str, Any]) -> KeySet:
    """Return the keys of a document that verify signatures; one that can't be read is no reason to lose the others."""
    found: list[RSAKey | ECKey | OKPKey] = []
    for each in document["keys"]:
        try:
            if each["kty"] in KINDS and each.get("use", "sig") == "sig" and not _is_short(each):
                found.append(KINDS[each["kty"]].import_key(each))
        except (JoseError, ValueError, KeyError, TypeError):
            continue
    if not found:
        raise ValueError("there is no key that verifies signatures")
    return KeySet([*found])


def _is_short(key: Mapping[str, Any]) -> bool:
    """Tell whether a key is an RSA key that is too short; each character of its modulus stands for six bits."""
    return bool(key["kty"] == "RSA" and len(key["n"]) * 6 < LEAST_BITS)


async def _json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    """Return the object at an address; what is too large is not read to its end."""
    async with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
        answer.raise_for_status()
        return await object_in(answer)


async def object_in(answer: httpx2.Response) -> dict[str, Any]:
    """Return the object that a provider answers with; what it can't be used for ends in one of UNUSABLE."""
    content = await body_of(answer, MOST_BYTES)
    if content is None:
        raise ValueError("too large")
    found = json.loads(content)
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found
