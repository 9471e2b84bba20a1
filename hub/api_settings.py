"""What an operator sets about the API: where it listens, who may sign in, and how patiently it waits for answers."""

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from adapters import keys, tokens
from adapters.tokens import Issuer
from domain import rights

LOCAL = ("localhost", "127.0.0.1", "::1")


class IssuerSettings(BaseModel):
    """Who may sign commands' tokens by a key of its own, and what it may grant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_key: str
    scopes: tuple[str, ...] = tokens.SCOPES
    stores: tuple[str, ...] = (rights.ANY_STORE,)

    @field_validator("public_key")
    @classmethod
    def _readable(cls, key: str) -> str:
        """Refuse what is no public key."""
        keys.public(key)
        return key

    @field_validator("scopes")
    @classmethod
    def _known(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a scope that there is not."""
        unknown = sorted(set(scopes) - set(tokens.SCOPES))
        if unknown:
            raise ValueError(f"no scope is called {', '.join(unknown)}")
        return scopes

    def named(self, name: str) -> Issuer:
        """Return it as the hub takes it."""
        return Issuer(name, self.public_key, frozenset(self.scopes), frozenset(self.stores))


class OidcSettings(BaseModel):
    """The identity provider whose access tokens the API takes, and where in them it finds what somebody may do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    audience: Annotated[str, Field(min_length=1, max_length=200)]
    jwks_url: str | None = None
    algorithms: tuple[
        Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519"], ...
    ] = (
        "RS256",
        "ES256",
    )
    roles_claim: Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")] = "roles"
    scopes_claim: Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")] = "scope"
    stores_claim: Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")] = "stores"
    name_claim: Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")] = "sub"
    keys_for: timedelta = timedelta(minutes=10)
    client_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    client_secret: SecretStr | None = None
    scope: Annotated[str, Field(pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)*$")] = "openid"

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        """Refuse an address whose keys somebody on the way could change."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
            raise ValueError("must be https: whoever answers in its place could sign in as anybody")
        return url


class ApiSettings(BaseModel):
    """The HTTP API (`hub api`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    key: SecretStr | None = None
    issuer: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")] = "api"
    wait: Annotated[timedelta, Field(ge=timedelta(), le=timedelta(seconds=30))] = timedelta(seconds=2)
    requests_per_second: Annotated[int, Field(ge=1, le=100_000)] = 50
    acts_per_second: Annotated[int, Field(ge=1, le=100_000)] = 10
    failed_sign_ins_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 5
    streams: Annotated[int, Field(ge=1, le=10_000)] = 4
    connections: Annotated[int, Field(ge=1, le=200)] = 10
    clients: Annotated[int, Field(ge=1, le=100_000)] = 2000
    project: bool = True
    sample: bool = True
    oidc: OidcSettings | None = None
    roles: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(rights.ROLES))

    @field_validator("key")
    @classmethod
    def _readable(cls, key: SecretStr | None) -> SecretStr | None:
        """Refuse what is no private key."""
        if key is not None:
            keys.public_half(key.get_secret_value())
        return key

    @field_validator("roles")
    @classmethod
    def _known(cls, roles: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Refuse a scope that there is not."""
        unknown = sorted({scope for scopes in roles.values() for scope in scopes} - set(tokens.SCOPES))
        if unknown:
            raise ValueError(f"no scope is called {', '.join(unknown)}")
        return roles
