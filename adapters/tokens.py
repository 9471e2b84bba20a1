"""Signed tokens: who commands, what he may do, and in which stores.

Several issuers may sign: the hub's own key signs what `hub token create` makes, every other issuer has an Ed25519 key
of its own, of which the hub has the public half, and may grant no more than settings say.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from adapters import keys
from domain import rights
from domain.deciding.received import Actor

ISSUER: Final = "hub"
AUDIENCE: Final = "hub"
"""For which hub a token is, where its settings don't say: HUB_TOKEN_AUDIENCE tells hubs with one key apart."""
SECRET: Final = "HS256"  # noqa: S105 - an algorithm's name
SCOPES: Final = tuple(rights.SCOPES)
"""Every scope that a token may carry."""
REMEMBERED: Final = 1000
"""Tokens whose signature needn't be checked again: a person sends hundreds of commands with one."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who may sign tokens by a key of its own, and what it may grant; `public_key` as `hub token keypair` prints it."""

    name: str
    public_key: str
    scopes: frozenset[str] = frozenset(SCOPES)
    stores: frozenset[str] = frozenset({rights.ANY_STORE})


def create(
    key: str,
    name: str,
    scopes: Iterable[str],
    stores: Iterable[str],
    valid: timedelta,
    now: datetime | None = None,
    *,
    audience: str = AUDIENCE,
    command: str | None = None,
    issuer: str = ISSUER,
    by: str | None = None,
) -> str:
    """Return a token; `stores` may hold `*` for all. `command` is the one id with which it may be used, if any.

    `by` is the tool through which the person `name` acts. A key that `hub token keypair` made signs by Ed25519.
    """
    issued = now or datetime.now(UTC)
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": name,
        "scope": " ".join(scopes),
        "stores": list(stores),
        "iat": int(issued.timestamp()),
        "exp": int((issued + valid).timestamp()),
        **({} if command is None else {"command": command}),
        **({} if by is None else {"act": {"sub": by}}),
    }
    from joserfc import jwt

    if keys.is_pair(key):
        return jwt.encode({"alg": keys.ALGORITHM}, claims, keys.private(key), algorithms=[keys.ALGORITHM])
    from joserfc.jwk import OctKey

    return jwt.encode({"alg": SECRET}, claims, OctKey.import_key(key))


def verifier(
    key: str | None, audience: str = AUDIENCE, issuers: Iterable[Issuer] = ()
) -> Callable[[bytes | None, datetime], Actor | None]:
    """Return who is behind a token at a time; nobody, where there is none, or it is wrong, expired or another hub's.

    The time is that at which the log took the record: what waited in a backlog or in quarantine counts as when it came.
    """
    named: Mapping[str, Issuer] = {each.name: each for each in issuers}

    @lru_cache(maxsize=REMEMBERED)
    def claims_of(token: bytes) -> dict[str, Any]:
        """Return the claims of a token whose signature is right; whether they still hold is looked at every time."""
        return _signed(token.decode("ascii"), key, named)

    def identify(token: bytes | None, at: datetime) -> Actor | None:
        if token is None or (key is None and not named):
            return None
        from joserfc import jwt  # a hub to which nobody commands needs none of it
        from joserfc.errors import JoseError

        try:
            claims = claims_of(token)
            rules = jwt.JWTClaimsRegistry(
                now=int(at.timestamp()),
                aud={"essential": True, "value": audience},
                sub={"essential": True},
                exp={"essential": True},
            )
            # Not when it was made: whoever made it may have another clock than the log.
            rules.validate({name: claim for name, claim in claims.items() if name != "iat"})
            return _actor(claims, named.get(str(claims["iss"])))
        except (JoseError, ValueError, TypeError, UnicodeDecodeError):
            return None

    return identify


def _signed(token: str, key: str | None, issuers: Mapping[str, Issuer]) -> dict[str, Any]:
    """Return the claims of a token that the issuer it names has signed, by that issuer's key and algorithm alone.

    Raises JoseError or ValueError.
    """
    from joserfc import jws, jwt
    from joserfc.jwk import OctKey

    unread = jws.extract_compact(token.encode())
    issuer = str(keys.claims_in(unread.payload).get("iss", ""))
    known = issuers[issuer].public_key if issuer in issuers else key if issuer == ISSUER else None
    if known is None:
        raise ValueError(issuer)
    if keys.is_pair(known) or keys.is_public(known):
        return jwt.decode(token, keys.verifying(known), algorithms=[keys.ALGORITHM]).claims
    return jwt.decode(token, OctKey.import_key(known), algorithms=[SECRET]).claims


def _actor(claims: Mapping[str, Any], issuer: Issuer | None) -> Actor:
    """Return the actor of a token: what it claims, and of that what its issuer may grant."""
    scopes = frozenset(str(claims.get("scope", "")).split())
    stores = frozenset(str(each) for each in claims.get("stores", []))
    if issuer is not None:
        scopes &= issuer.scopes
        stores = granted(stores, issuer.stores)
    command = None if claims.get("command") is None else str(claims["command"])
    return Actor(str(claims["sub"])[:200], scopes, stores, command)


def granted(stores: frozenset[str], most: frozenset[str]) -> frozenset[str]:
    """Return of these stores those that are among the other ones; `*` stands for all of them."""
    if rights.ANY_STORE in most:
        return stores
    return most if rights.ANY_STORE in stores else stores & most
