"""The audit: what operators did, locks ended by force, what was refused, and who signed in, as one list by time.

Each source is read backwards by the index on its time, a page at most; what comes out is merged.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    cast,
    collate,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.operations import NAMED
from adapters.postgres.store_scope import Stores, may_see, may_see_named
from adapters.postgres.tables.api import api_call, api_refusal, api_sign_in
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.operations import operation
from contracts.topics import API_SOURCE

UNLOCK: Final = "order.unlock.v1"


class EntryKind(StrEnum):
    """What sort of entry it is."""

    OPERATION = "operation"
    REFUSAL = "refusal"
    UNLOCK = "unlock"
    """Another agent's lock ended by force, over HTTP: kept for a week there, in the order's timeline for good."""
    SIGN_IN = "sign_in"
    """The first request of a caller in an hour."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done or refused: `by` whom, `what`, `why`, and of what (`wish`) as it was said.

    `id` is the operation's number, the order's id of an unlock. A refusal stands for `count` of an hour.
    """

    kind: str
    at: datetime
    id: str
    by: str
    what: str
    why: str
    code: str | None
    count: int
    wish: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are meant; `stores` are those whose orders may be seen, None for all of them."""

    kinds: Collection[str] = ()
    by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    stores: Stores = None


Place = tuple[datetime, str, str]
"""When, of which kind and under which id: where a page ends."""
_NOTHING: Final = cast(literal({}, JSONB), JSONB)
_NO_CODE: Final = cast(null(), Text)


@dataclass(frozen=True, slots=True)
class Source:
    """Where entries of a kind are: their rows, time and id, what they tell, and which of them are meant."""

    kind: EntryKind
    rows: FromClause
    at: ColumnElement[datetime]
    id: ColumnElement[str]
    told: Sequence[Any]
    meant: ColumnElement[bool]


async def entries(engine: AsyncEngine, wanted: AuditFilter, after: Place | None, limit: int) -> list[AuditEntry]:
    """Return entries, the newest first, from behind a place of the list on."""
    sources = [made(wanted) for kind, made in _SOURCES.items() if not wanted.kinds or kind in wanted.kinds]
    parts = [select(_page(source, wanted, after, limit).subquery()) for source in sources]
    found = union_all(*parts).subquery()
    last = (found.c.at.desc(), collate(found.c.kind, "C").desc(), found.c.id.desc())
    statement = select(found).order_by(*last).limit(limit)
    async with engine.connect() as connection:
        return [AuditEntry(**row) for row in (await connection.execute(statement)).mappings()]


def _operations(wanted: AuditFilter) -> Source:
    column = operation.c
    named = _named(wanted.by, column.who)
    if wanted.by is not None:
        named = or_(named, func.starts_with(column.key, f"{wanted.by} "))
    told = (column.who, column.action, column.why, _NO_CODE, column.touched, column.wish)
    meant = and_(named, may_see_named(NAMED, wanted.stores))
    return Source(EntryKind.OPERATION, operation, column.at, cast(column.id, Text), told, meant)


def _refusals(wanted: AuditFilter) -> Source:
    column = api_refusal.c
    told = (column.caller, column.method + " " + column.route, column.detail, column.code, column.count, _NOTHING)
    return Source(
        EntryKind.REFUSAL, api_refusal, column.at, cast(column.id, Text), told, _named(wanted.by, column.caller)
    )


def _unlocks(wanted: AuditFilter) -> Source:
    """Return the unlocks that came over HTTP and were carried out by force: each is looked up by the journal's key."""
    column, fact = api_call.c, journal.c.data["fact"]
    forced = (
        select(func.coalesce(fact["reason"].astext, "").label("why"))
        .where(
            journal.c.order_id == column.order_id,
            journal.c.source == API_SOURCE,
            journal.c.event_id == column.command_id,
            journal.c.refers_to.is_(None),
            journal.c.outcome == "applied",
            fact["force"].astext == "true",
        )
        .limit(1)
        .lateral()
    )
    wish = func.jsonb_build_object("order", column.order_id, type_=JSONB)
    told = (column.caller, literal("order.unlock"), forced.c.why, _NO_CODE, literal(1), wish)
    meant = and_(column.type == UNLOCK, _named(wanted.by, column.caller), may_see(column.order_id, wanted.stores))
    return Source(EntryKind.UNLOCK, api_call.join(forced, true()), column.at, column.command_id, told, meant)


def _sign_ins(wanted: AuditFilter) -> Source:
    column = api_sign_in.c
    wish = func.jsonb_strip_nulls(func.jsonb_build_object("tool", column.tool), type_=JSONB)
    told = (column.caller, literal("sign in"), literal(""), _NO_CODE, literal(1), wish)
    id_ = column.caller + " " + func.to_char(func.timezone("UTC", column.hour), 'YYYY-MM-DD"T"HH24')
    return Source(EntryKind.SIGN_IN, api_sign_in, column.at, id_, told, _named(wanted.by, column.caller))


_SOURCES: Final = {
    EntryKind.OPERATION: _operations,
    EntryKind.REFUSAL: _refusals,
    EntryKind.UNLOCK: _unlocks,
    EntryKind.SIGN_IN: _sign_ins,
}


def _page(source: Source, wanted: AuditFilter, after: Place | None, limit: int) -> Select[Any]:
    """Return the newest of a source's entries behind a place."""
    at, id_ = source.at, collate(source.id, "C")
    conditions = [source.meant]
    if wanted.since is not None:
        conditions.append(at >= wanted.since)
    if wanted.until is not None:
        conditions.append(at < wanted.until)
    if after is not None:
        conditions.append(_behind(source, after))
    names = ("by", "what", "why", "code", "count", "wish")
    rest = [each.label(name) for name, each in zip(names, source.told, strict=True)]
    entry = select(literal(source.kind.value).label("kind"), at.label("at"), id_.label("id"), *rest)
    return entry.select_from(source.rows).where(*conditions).order_by(at.desc(), id_.desc()).limit(limit)


def _behind(source: Source, place: Place) -> ColumnElement[bool]:
    """Return that an entry is behind a place: older, or of the same moment and of a later kind or id."""
    at, kind, id_ = place
    if source.kind.value > kind:
        return source.at < at
    if source.kind.value < kind:
        return source.at <= at
    same = and_(source.at == at, collate(source.id, "C") < id_)
    return and_(source.at <= at, or_(source.at < at, same))


def _named(by: str | None, column: Any) -> ColumnElement[bool]:
    """Return that somebody is meant: by his id, or by his name, with which his id ends."""
    return true() if by is None else or_(column == by, func.right(column, len(by) + 1) == f"|{by}")
