"""Signing in at an identity provider in a browser: authorization code with PKCE, and renewal (RFC 6749, 7636, 9207)."""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx2

from adapters.published_keys import SECONDS, UNUSABLE, ProviderIsAway, document_at, is_safe, object_in

KEPT: Final = 600.0
"""Seconds until the provider is asked anew where its endpoints are."""
_REFUSALS: Final = frozenset({400, 401, 403})


class CodeIsRefused(Exception):
    """The identity provider takes the code, or the session, no more."""


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows the console as."""

    issuer: str
    client_id: str
    secret: str | None
    scope: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the provider gives: an access token, and one to renew it by, if it gives that."""

    access: str
    refresh: str | None


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a browser keeps while its user is at the provider's: the state that must come back, and the verifier."""

    state: str
    verifier: str

    @classmethod
    def new(cls) -> "Beginning":
        """Return one that nobody can guess."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """Return what is shown of the verifier."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class CodeFlow:
    """The provider's two addresses, and what is asked there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._found: Mapping[str, Any] = {}
        self._asked = float("-inf")

    @property
    def issuer(self) -> str:
        """Return who the provider is."""
        return self._client.issuer

    async def address(self, beginning: Beginning, back: str) -> str:
        """Return where the browser goes to sign in; raises ProviderIsAway."""
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": back,
            "scope": self._client.scope,
            "state": beginning.state,
            "code_challenge": beginning.challenge,
            "code_challenge_method": "S256",
        }
        return _asking(await self._endpoint("authorization_endpoint"), query)

    async def farewell(self, back: str) -> str | None:
        """Return where the browser goes to sign out at the provider, too; None where it has no such place, or is away.

        It asks its user, then sends the browser back, if it knows `back` (RP-Initiated Logout 1.0).
        """
        try:
            where = await self._endpoint("end_session_endpoint")
        except ProviderIsAway:
            return None
        return _asking(where, {"client_id": self._client.client_id, "post_logout_redirect_uri": back})

    async def redeem(self, code: str, beginning: Beginning, back: str) -> Tokens:
        """Return the tokens of a code; raises CodeIsRefused, ProviderIsAway."""
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        return await self._tokens({**given, "code_verifier": beginning.verifier})

    async def renew(self, refresh: str) -> Tokens:
        """Return new tokens; raises CodeIsRefused where the session is over, ProviderIsAway."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh})

    async def _tokens(self, given: Mapping[str, str]) -> Tokens:
        where = await self._endpoint("token_endpoint")
        form = {**given, "client_id": self._client.client_id}
        if self._client.secret is not None:
            form["client_secret"] = self._client.secret
        try:
            async with asyncio.timeout(SECONDS), httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False) as http:
                found = await _granted(http, where, form)
            refresh = found.get("refresh_token")
            return Tokens(str(found["access_token"]), None if refresh is None else str(refresh))
        except UNUSABLE as error:
            raise ProviderIsAway(type(error).__name__) from error

    async def _endpoint(self, name: str) -> str:
        """Return one of the provider's addresses, as its discovery document has it."""
        if time.monotonic() - self._asked > KEPT:
            try:
                self._found = await document_at(self._client.issuer)
            except UNUSABLE as error:
                raise ProviderIsAway(type(error).__name__) from error
            self._asked = time.monotonic()
        where = self._found.get(name)
        if not isinstance(where, str) or not is_safe(where, self._client.issuer):
            raise ProviderIsAway(f"no {name}")
        return where


def _asking(where: str, query: Mapping[str, str]) -> str:
    """Return an address with what is asked there; it may have a query of its own."""
    return f"{where}{'&' if '?' in where else '?'}{urlencode(query)}"


async def _granted(http: httpx2.AsyncClient, where: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what a provider grants; raises CodeIsRefused where that is nothing."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with http.stream("POST", where, data=dict(form), headers=headers) as answer:
        if answer.status_code in _REFUSALS:
            raise CodeIsRefused
        answer.raise_for_status()
        return await object_in(answer)
