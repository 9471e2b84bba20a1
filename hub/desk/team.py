"""What a team leads: what stands in each of its stores, and what partners said in the last hours."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import team_reads
from adapters.postgres.partner_hours import Hour
from adapters.postgres.team_reads import AGES, OfAge, OfReason, OfRefunds, OldLock, OpenDraft, Said
from domain.orders.order import ORDERS, State
from domain.orders.view.attention import HOLD, OVERDUE
from hub.desk import cursors, listing, paging
from hub.desk.gauges import GOING, TO_DECIDE
from hub.desk.listing import Standing
from hub.desk.paging import COUNTED, Count, Paging, lane
from hub.desk.resources import Desk
from hub.desk.stores import Stores

LONG: Final = timedelta(hours=1)
"""A lock that is held for longer is shown."""
SHOWN: Final = 20
"""Locks and drafts of a store that are shown, the oldest; all are counted."""
HOURS: Final = 12
"""The last hours in which partners' events are counted, the one that is under way among them."""
PARTNERS: Final = 8
"""Partners that are shown by themselves: those that said most."""
OPEN: Final = tuple(state for state in State if state in ORDERS["live"] - ORDERS["over"])
"""Placed, not called off, and not completed: in the order in which they are gone through."""
_Row = TypeVar("_Row", OfAge, OfReason, OfRefunds, OldLock, OpenDraft)


@dataclass(frozen=True, slots=True)
class OpenState:
    """Open orders of a state: how many were placed under a day, under three and seven days ago, and earlier."""

    state: str
    ages: Sequence[Count]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of something wait, and since when the first one does; of one party, or of none."""

    count: Count
    oldest: datetime | None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class StoreToLead:
    """A store: its open orders, what is overdue (and by whom) and held, refunds that wait, old locks, drafts."""

    store: str
    open: Sequence[OpenState]
    overdue: Waiting
    overdue_by: Sequence[Waiting]
    held: Count
    refunds: Waiting
    locked: Count
    locks: Sequence[OldLock]
    drafted: Count
    drafts: Sequence[OpenDraft]


@dataclass(frozen=True, slots=True)
class PartnerHours:
    """What a partner said in each of the last hours; without a source all others together."""

    source: str | None
    hours: Sequence[Hour]


@dataclass(frozen=True, slots=True)
class Team:
    """A page of stores by name, where the next one begins, what partners said to all stores, how current it is."""

    stores: Sequence[StoreToLead]
    next_cursor: str | None
    partners: Sequence[PartnerHours]
    listing: Standing


async def read(desk: Desk, stores: Stores, wanted: Sequence[str], page: Paging) -> Team:
    """Return a page of the stores that may be seen, or of those `wanted` among them.

    Raises CursorIsInvalid, CursorMismatches, ListIsTooWide, ListingIsNotBuilt.
    """
    of = cursors.fingerprint("team", {"store": tuple(wanted)})
    after = "" if page.cursor is None else str(cursors.read(page.key, of, page.cursor)[0])
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=ago) for ago in reversed(range(HOURS))]
    async with paging.reading(desk, in_order=True) as connection:
        standing = await listing.standing(connection)
        named = await _named(connection, lane(wanted, stores), after, page.limit + 1)
        here = named[: page.limit]
        found = await _stores(connection, here)
        said = await team_reads.said(connection, hours[0], PARTNERS)
    beyond = cursors.written(page.key, of, [here[-1]]) if len(named) > page.limit else None
    return Team(found, beyond, _partners(said, hours), standing)


async def _named(connection: AsyncConnection, within: Sequence[str] | None, after: str, limit: int) -> Sequence[str]:
    """Return the stores behind a name: those that are named, where some are, or those that have orders."""
    if within is None:
        return await team_reads.stores(connection, after, limit)
    return [each for each in sorted(set(within)) if each > after][:limit]


async def _stores(connection: AsyncConnection, stores: Sequence[str]) -> list[StoreToLead]:
    rows = COUNTED + 1
    aged = _by_store(await team_reads.of_age(connection, stores, GOING, rows))
    why = _by_store(await team_reads.of_reason(connection, stores, [OVERDUE, HOLD], rows))
    refunds = _by_store(await team_reads.of_refunds(connection, stores, TO_DECIDE, rows))
    locks = await team_reads.locks(connection, stores, LONG, rows)
    locked, capped = _by_store(locks), len(locks) > COUNTED
    drafts = _by_store(await team_reads.drafts(connection, stores, SHOWN))
    return [
        StoreToLead(
            store=store,
            open=_open(aged[store]),
            overdue=_waiting(why[store], OVERDUE),
            overdue_by=_by_party(why[store]),
            held=_waiting(why[store], HOLD).count,
            refunds=_refunds(refunds[store]),
            locked=Count(len(locked[store]), capped),
            locks=locked[store][:SHOWN],
            drafted=_total([_count(each.count) for each in aged[store] if each.state == State.DRAFT]),
            drafts=drafts[store],
        )
        for store in stores
    ]


def _by_store(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.store].append(row)
    return found


def _count(found: int) -> Count:
    return Count(min(found, COUNTED), found > COUNTED)


def _total(counts: Sequence[Count]) -> Count:
    return Count(sum(each.value for each in counts), any(each.capped for each in counts))


def _open(rows: Sequence[OfAge]) -> list[OpenState]:
    """Return the states that orders are in, by age, in the order in which they are gone through."""
    found = {(row.state, row.age): row.count for row in rows}
    there = {row.state for row in rows}
    return [
        OpenState(state, [_count(found.get((state, age), 0)) for age in range(AGES)])
        for state in OPEN
        if state in there
    ]


def _waiting(rows: Sequence[OfReason], kind: str) -> Waiting:
    """Return the orders of a kind of reason: at least so many where not all reasons of the store were looked at."""
    row = next((each for each in rows if each.kind == kind and each.by is None), None)
    capped = any(each.looked_at > COUNTED for each in rows)
    return Waiting(Count(0 if row is None else row.count, capped), None if row is None else row.oldest)


def _by_party(rows: Sequence[OfReason]) -> list[Waiting]:
    return [
        Waiting(Count(each.count, each.looked_at > COUNTED), each.oldest, each.by)
        for each in rows
        if each.kind == OVERDUE and each.by is not None
    ]


def _refunds(rows: Sequence[OfRefunds]) -> Waiting:
    return Waiting(_total([_count(each.count) for each in rows]), min((each.oldest for each in rows), default=None))


def _partners(rows: Sequence[Said], hours: Sequence[datetime]) -> list[PartnerHours]:
    """Return partners by how much they said, the others at the end; an hour of which nothing is known has none."""
    said: dict[str, dict[datetime, Hour]] = defaultdict(dict)
    for row in rows:
        said[row.source][row.hour] = Hour(row.hour, row.events, row.late, row.failed)

    def turn(source: str) -> tuple[bool, int, str]:
        return source == "", -sum(each.events + each.failed for each in said[source].values()), source

    return [
        PartnerHours(source or None, [said[source].get(hour, Hour(hour, 0, 0, 0)) for hour in hours])
        for source in sorted(said, key=turn)
    ]
