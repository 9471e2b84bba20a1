"""Sessions: who is signed in to the console. Only a hash of the cookie is stored."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.authorization_code import CodeIsRefused
from adapters.oidc import ProviderIsAway
from adapters.postgres import console_sessions
from adapters.sealing import seal, unsealed
from hub.desk.callers import Caller, Doorkeeper, IdentityIsAway, NobodySignedIn
from hub.desk.resources import Desk

LONGEST: Final = timedelta(hours=12)
"""After so long everybody signs in anew, however long his token is good."""
RENEWED: Final = timedelta(minutes=5)
"""How old what an identity provider says of somebody may be."""
AGAIN: Final = timedelta(seconds=15)
"""After how long a provider that gave no answer is asked again."""
PATIENCE: Final = timedelta(seconds=12)
"""How long a request waits for the answer that another one gets: two questions of five seconds, and some."""
LOOK_SECONDS: Final = 0.2
REFRESH: Final = "refresh token"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to see things, and his last searches that name people; empty: as is usual.

    `editing` has a mark by the id of each order that he has opened to edit: it is of the page that was opened last.
    """

    theme: str = ""
    language: str = ""
    zone: str = ""
    letters: bool = True
    searches: Mapping[str, str] = field(default_factory=dict)
    editing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in: who, what he wants to see how, and until when."""

    key: bytes
    caller: Caller
    wishes: Wishes
    ends_at: datetime
    renew_at: datetime | None = None
    """When his provider has to be asked again what he may do, if he has one: while what it said last still counts."""

    @property
    def is_stale(self) -> bool:
        """Tell whether that is so now."""
        return self.renew_at is not None and self.renew_at <= datetime.now(UTC)


async def begin(desk: Desk, caller: Caller, refresh: str | None = None) -> str:
    """Sign a caller in; return the cookie that proves it. `refresh` is by what his provider is asked again."""
    cookie = secrets.token_urlsafe(32)
    row = console_sessions.Row(_told(caller), {}, datetime.now(UTC) + LONGEST)
    if refresh is not None:
        row = replace(row, renew_at=_renewal(caller), refresh=seal(refresh, cookie, REFRESH))
    elif caller.expires_at is not None:
        row = replace(row, ends_at=min(row.ends_at, caller.expires_at))
    await console_sessions.add(desk.engine, _hash(cookie), row)
    return cookie


async def renewed(desk: Desk, door: Doorkeeper, cookie: str) -> Session | None:
    """Return a session with what its provider says now; None where that ends it.

    Raises IdentityIsAway where the provider gives no answer and what it said last counts no more.
    """
    key, until = _hash(cookie), datetime.now(UTC) + PATIENCE
    while (row := await console_sessions.claim(desk.engine, key, PATIENCE)) is None:
        session = await find(desk, cookie)
        if session is None or not session.is_stale:
            return session
        if datetime.now(UTC) > until:
            raise IdentityIsAway
        await asyncio.sleep(LOOK_SECONDS)  # another request asks; who waits for it holds no connection meanwhile
    try:
        found = await _asked_again(door, row, cookie)
    except IdentityIsAway:
        await console_sessions.renew(desk.engine, key, row)
        raise
    if found is None:
        await console_sessions.end(desk.engine, key)
        return None
    await console_sessions.renew(desk.engine, key, found)
    return _session(key, found)


async def _asked_again(door: Doorkeeper, row: console_sessions.Row, cookie: str) -> console_sessions.Row | None:
    """Return a session's row with what its provider says now; None where it ends."""
    refresh = None if row.refresh is None else unsealed(row.refresh, cookie, REFRESH)
    if refresh is None or door.flow is None:
        return None
    try:
        tokens = await door.flow.renew(refresh)
        caller = await door.identify(tokens.access)
    except (CodeIsRefused, NobodySignedIn):
        return None
    except (ProviderIsAway, IdentityIsAway) as error:
        now, good_until = datetime.now(UTC), datetime.fromtimestamp(row.caller["good_until"], UTC)
        if good_until <= now:
            raise IdentityIsAway from error
        return replace(row, renew_at=min(now + AGAIN, good_until))
    kept = seal(tokens.refresh or refresh, cookie, REFRESH)
    return replace(row, caller=_told(caller), renew_at=_renewal(caller), refresh=kept)


def _renewal(caller: Caller) -> datetime:
    """Return when a caller's provider is asked again: before his token ends, and every five minutes at least."""
    soon = datetime.now(UTC) + RENEWED
    return soon if caller.expires_at is None else min(soon, caller.expires_at)


async def find(desk: Desk, cookie: str | None) -> Session | None:
    """Return the session of a cookie; None where it is none, or over."""
    if not cookie or len(cookie) > 100:
        return None
    key = _hash(cookie)
    row = await console_sessions.find(desk.engine, key)
    return None if row is None else _session(key, row)


async def wish(desk: Desk, session: Session, change: Callable[[Wishes], Wishes]) -> None:
    """Change how somebody wants to see things, from what it is by now."""
    await console_sessions.wish(desk.engine, session.key, lambda held: asdict(change(_wishes(held))))


async def end(desk: Desk, session: Session) -> None:
    """Sign somebody out."""
    await console_sessions.end(desk.engine, session.key)


async def tidy(desk: Desk) -> int:
    """Forget the sessions that are over; return how many."""
    return await console_sessions.tidy(desk.engine)


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


def _session(key: bytes, row: console_sessions.Row) -> Session:
    return Session(key, _caller(row), _wishes(row.wishes), row.ends_at, row.renew_at)


def _wishes(held: Mapping[str, Any]) -> Wishes:
    """Return what was wished for, as far as this version knows it."""
    return Wishes(**{name: wish for name, wish in held.items() if name in Wishes.__dataclass_fields__})


def _told(caller: Caller) -> dict[str, Any]:
    return {
        "issuer": caller.issuer,
        "name": caller.name,
        "scopes": sorted(caller.scopes),
        "stores": sorted(caller.stores),
        "tool": caller.tool,
        "called": caller.called,
        "good_until": 0 if caller.expires_at is None else caller.expires_at.timestamp(),
    }


def _caller(row: console_sessions.Row) -> Caller:
    held = row.caller
    scopes, stores = frozenset(held["scopes"]), frozenset(held["stores"])
    return Caller(
        held["issuer"], held["name"], scopes, stores, held["tool"], row.renew_at or row.ends_at, held["called"]
    )
