"""Signed tokens: who commands, what he may do, and in which stores."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from domain import rights
from domain.deciding.received import Actor

ISSUER: Final = "hub"
AUDIENCE: Final = "hub"
"""For which hub a token is, where its settings don't say: HUB_TOKEN_AUDIENCE tells hubs with one key apart."""
ALGORITHMS: Final = ["HS256"]
SCOPES: Final = tuple(rights.SCOPES)
"""Every scope that a token may carry."""
REMEMBERED: Final = 1000
"""Tokens whose signature needn't be checked again: a person sends hundreds of commands with one."""


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
) -> str:
    """Return a token; `stores` may hold `*` for all. `command` is the one id with which it may be used, if any."""
    issued = now or datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": name,
        "scope": " ".join(scopes),
        "stores": list(stores),
        "iat": int(issued.timestamp()),
        "exp": int((issued + valid).timestamp()),
        **({} if command is None else {"command": command}),
    }
    from joserfc import jwt
    from joserfc.jwk import OctKey

    return jwt.encode({"alg": ALGORITHMS[0]}, claims, OctKey.import_key(key))


def verifier(key: str | None, audience: str = AUDIENCE) -> Callable[[bytes | None, datetime], Actor | None]:
    """Return who is behind a token at a time; nobody, where there is none, or it is wrong, expired or another hub's.

    The time is that at which the log took the record: what waited in a backlog or in quarantine counts as when it came.
    """

    @lru_cache(maxsize=REMEMBERED)
    def claims_of(token: bytes) -> dict[str, Any]:
        """Return the claims of a token whose signature is right; whether they still hold is looked at every time."""
        from joserfc import jwt
        from joserfc.jwk import OctKey

        assert key is not None
        return jwt.decode(token.decode("ascii"), OctKey.import_key(key), algorithms=ALGORITHMS).claims

    def identify(token: bytes | None, at: datetime) -> Actor | None:
        if token is None or key is None:
            return None
        from joserfc import jwt  # a hub to which nobody commands needs none of it
        from joserfc.errors import JoseError

        try:
            claims = claims_of(token)
            rules = jwt.JWTClaimsRegistry(
                now=int(at.timestamp()),
                iss={"essential": True, "value": ISSUER},
                aud={"essential": True, "value": audience},
                sub={"essential": True},
                exp={"essential": True},
            )
            # Not when it was made: whoever made it may have another clock than the log.
            rules.validate({name: claim for name, claim in claims.items() if name != "iat"})
            scopes, stores = str(claims.get("scope", "")).split(), [str(each) for each in claims.get("stores", [])]
        except (JoseError, ValueError, TypeError, UnicodeDecodeError):
            return None
        command = None if claims.get("command") is None else str(claims["command"])
        return Actor(str(claims["sub"])[:200], frozenset(scopes), frozenset(stores), command)

    return identify
