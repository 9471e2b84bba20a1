"""Callers: who asks over HTTP, what he may do and in which stores, by the token that he shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from adapters import keys, oidc, tokens
from adapters.authorization_code import Client, CodeFlow
from adapters.oidc import Provider, ProviderIsAway, ProviderSettings
from domain import rights
from domain.deciding.received import Actor
from hub.errors import ErrorKind, HubError
from hub.settings import Settings

_TOOLS: Final = ("act.sub", "client_id", "azp")
"""Where a provider says through which tool somebody acts; Keycloak says `azp`."""


class NobodySignedIn(HubError):
    """A token is missing, wrong or expired: send one in the header Authorization, as Bearer."""

    kind = ErrorKind.INVALID


class IdentityIsAway(HubError):
    """The identity provider does not answer: sign in again in a moment."""

    kind = ErrorKind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person or a service, perhaps through a tool; `issuer` and `name` together are one caller."""

    issuer: str
    name: str
    scopes: frozenset[str]
    stores: frozenset[str]
    tool: str | None = None
    expires_at: datetime | None = None
    called: str | None = None
    """What people call him, if his token says so; `name` is the id that his acts bear."""

    @property
    def id(self) -> str:
        """Return what tells callers apart."""
        return f"{self.issuer}|{self.name}"

    @property
    def sees(self) -> frozenset[str] | None:
        """Return the stores whose orders he may see; None: all of them."""
        return None if rights.ANY_STORE in self.stores else self.stores

    @property
    def reads(self) -> bool:
        """Tell whether he sees orders whole."""
        return not rights.READERS.isdisjoint(self.scopes)

    @property
    def audits(self) -> bool:
        """Tell whether he sees what operators did."""
        return rights.AUDIT in self.scopes

    @property
    def actor(self) -> Actor:
        """Return him as the rules know him."""
        return Actor(self.name, self.scopes, self.stores)


class Doorkeeper:
    """Tells who is behind a token: one of the hub's own, or one of the identity provider that settings name."""

    def __init__(self, settings: Settings) -> None:
        key = None if settings.token_key is None else settings.token_key.get_secret_value()
        ours = [issuer for issuer in settings.trusted() if issuer.name != settings.api.issuer]
        self._local = tokens.verifier(key, settings.token_audience, ours)
        self._oidc = settings.api.oidc
        self._roles = settings.api.roles
        self._provider = None if self._oidc is None else Provider(_provider(settings))
        self.flow = _flow(settings)
        """How people sign in at the provider in a browser, where settings name the console's client there."""

    async def identify(self, token: str | None) -> Caller:
        """Return the caller of a token; raises NobodySignedIn, IdentityIsAway."""
        if not token or len(token) > 8192:
            raise NobodySignedIn
        claims = keys.unverified(token)
        if self._oidc is not None and self._provider is not None and claims.get("iss") == self._oidc.issuer:
            return await self._of_provider(self._provider, token)
        return self._of_ours(token, claims)

    def _of_ours(self, token: str, claims: Mapping[str, Any]) -> Caller:
        try:
            actor = self._local(token.encode("ascii"), datetime.now(UTC))
        except UnicodeEncodeError:
            actor = None
        if actor is None or actor.command is not None:
            raise NobodySignedIn  # a token for one command is for Kafka
        tool = oidc.at(claims, "act.sub")
        if claims["exp"] > oidc.LATEST:
            raise NobodySignedIn
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
        told = (_text(tool), expires_at, _called(claims))
        return Caller(str(claims["iss"]), actor.name, actor.scopes, actor.stores, *told)

    async def _of_provider(self, provider: Provider, token: str) -> Caller:
        assert self._oidc is not None
        try:
            claims = await provider.claims(token)
        except ProviderIsAway as error:
            raise IdentityIsAway from error
        if claims is None:
            raise NobodySignedIn
        roles = _words(oidc.at(claims, self._oidc.roles_claim))
        scopes = {scope for role in roles for scope in self._roles.get(role, ())}
        scopes |= set(_words(oidc.at(claims, self._oidc.scopes_claim))) & set(tokens.SCOPES)
        stores = frozenset(_words(oidc.at(claims, self._oidc.stores_claim)))
        name = _text(oidc.at(claims, self._oidc.name_claim)) or str(claims["sub"])
        tool = next((found for path in _TOOLS if (found := _text(oidc.at(claims, path)))), None)
        told = (tool, datetime.fromtimestamp(claims["exp"], UTC), _called(claims))
        return Caller(str(claims["iss"]), name[:200], frozenset(scopes), stores, *told)


def _provider(settings: Settings) -> ProviderSettings:
    chosen = settings.api.oidc
    assert chosen is not None
    return ProviderSettings(
        chosen.issuer, chosen.audience, chosen.algorithms, chosen.jwks_url, chosen.keys_for.total_seconds()
    )


def _flow(settings: Settings) -> CodeFlow | None:
    chosen = settings.api.oidc
    if chosen is None or chosen.client_id is None:
        return None
    secret = None if chosen.client_secret is None else chosen.client_secret.get_secret_value()
    return CodeFlow(Client(chosen.issuer, chosen.client_id, secret, chosen.scope))


def _words(found: object) -> list[str]:
    """Return words that a claim lists, or writes with spaces between."""
    if isinstance(found, str):
        return found.split()
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _called(claims: Mapping[str, Any]) -> str | None:
    """Return the claim `name` as it can be shown: 200 characters at most, none of them invisible."""
    found = claims.get("name")
    shown = "".join(each if each.isprintable() else " " for each in found) if isinstance(found, str) else ""
    return _text(" ".join(shown.split()))


def _text(found: object) -> str | None:
    return found[:200] if isinstance(found, str) and found else None
