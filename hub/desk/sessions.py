"""Sessions: who is signed in to the console. Only a hash of the cookie is stored."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.postgres import console_sessions
from hub.desk.callers import Caller
from hub.desk.resources import Desk

LONGEST: Final = timedelta(hours=12)
"""After so long everybody signs in anew, however long his token is good."""


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


async def begin(desk: Desk, caller: Caller) -> str:
    """Sign a caller in; return the cookie that proves it."""
    cookie = secrets.token_urlsafe(32)
    ends_at = datetime.now(UTC) + LONGEST
    ends_at = ends_at if caller.expires_at is None else min(ends_at, caller.expires_at)
    await console_sessions.add(desk.engine, _hash(cookie), console_sessions.Row(_told(caller), {}, ends_at))
    return cookie


async def find(desk: Desk, cookie: str | None) -> Session | None:
    """Return the session of a cookie; None where it is none, or over."""
    if not cookie or len(cookie) > 100:
        return None
    key = _hash(cookie)
    row = await console_sessions.find(desk.engine, key)
    return None if row is None else Session(key, _caller(row), _wishes(row), row.ends_at)


async def wish(desk: Desk, session: Session, wishes: Wishes) -> Session:
    """Keep how somebody wants to see things; return the session as it is now."""
    await console_sessions.wish(desk.engine, session.key, asdict(wishes))
    return replace(session, wishes=wishes)


async def end(desk: Desk, session: Session) -> None:
    """Sign somebody out."""
    await console_sessions.end(desk.engine, session.key)


async def tidy(desk: Desk) -> int:
    """Forget the sessions that are over; return how many."""
    return await console_sessions.tidy(desk.engine)


def _hash(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


def _wishes(row: console_sessions.Row) -> Wishes:
    """Return what was wished for, as far as this version knows it."""
    return Wishes(**{name: held for name, held in row.wishes.items() if name in Wishes.__dataclass_fields__})


def _told(caller: Caller) -> dict[str, Any]:
    return {
        "issuer": caller.issuer,
        "name": caller.name,
        "scopes": sorted(caller.scopes),
        "stores": sorted(caller.stores),
        "tool": caller.tool,
        "called": caller.called,
    }


def _caller(row: console_sessions.Row) -> Caller:
    held = row.caller
    scopes, stores = frozenset(held["scopes"]), frozenset(held["stores"])
    return Caller(held["issuer"], held["name"], scopes, stores, held["tool"], row.ends_at, held["called"])
