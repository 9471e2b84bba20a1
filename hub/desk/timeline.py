"""Timelines: what happened to an aggregate, as its journal tells it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from adapters.postgres import order_reads, timeline_reads
from adapters.postgres.order_reads import JournalEntry
from adapters.postgres.timeline_reads import EntriesWanted
from adapters.postgres.timeline_reads import OperatorsAct as OperatorsAct
from contracts import wire
from contracts.commands import CommentOrder
from contracts.commands.notes import ResendEmail
from contracts.events import NoteAdded
from contracts.fraud import CustomerAnswered
from contracts.topics import COMMANDS, INBOUND, INTERNAL, NOTIFICATION_REQUESTS, PAYMENT, PAYMENT_REQUESTS
from hub.desk.resources import Desk

LOOKS: Final = 20
LOOKED_AT: Final = 100
"""Entries of which those of some kinds are picked: so many at a time, and so often for a page."""
ACTS: Final = 200
"""Operators' acts that a page tells of at most, the newest ones."""
_PARTNERS: Final = frozenset(topic.name for topic in INBOUND) - {COMMANDS.name, INTERNAL.name}
_WORDS: Final = frozenset(each.type() for each in (CommentOrder, ResendEmail, CustomerAnswered, NoteAdded))
_MONEY: Final = ("payment.", "refund.", "cheque.")


class EntryKind(StrEnum):
    """What sort of thing an entry is; it may be of several sorts, or of none."""

    STATE = "state"
    """The order's state changed."""
    PEOPLE = "people"
    """A person commanded it."""
    PARTNERS = "partners"
    """A shop, a warehouse, a carrier or another service said it."""
    MONEY = "money"
    """It came from the payment service, asked it for something, or changed a payment or a refund."""
    MESSAGES = "messages"
    """The customer was written to or answered, or somebody left a note."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened once: when, what, what became of it, who said it and where, and what it changed and caused."""

    seq: int
    at: datetime
    what: str
    outcome: str
    who: str
    why: str
    state: str | None
    was: str | None
    rules: Sequence[str]
    told: Sequence[str]
    kinds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page of a timeline is asked for: entries of some kinds (of all, if none are named), before a `seq`.

    `quiet` leaves out what changed nothing. Only who is `audited` is told what operators did.
    """

    limit: int
    before: int | None = None
    kinds: Collection[str] = ()
    quiet: bool = True
    audited: bool = False

    @property
    def wanted(self) -> EntriesWanted:
        """Return which rows of the journal are meant, whatever kinds they are of."""
        return EntriesWanted(self.before, self.quiet)

    @property
    def tells_acts(self) -> bool:
        """Tell whether operators' acts belong to the page."""
        return self.audited and (not self.kinds or EntryKind.PEOPLE in self.kinds)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page: entries, newest first, operators' acts of the same time, and the entry to go on before."""

    entries: Sequence[Entry]
    acts: Sequence[OperatorsAct]
    more: int | None


async def page(desk: Desk, order_id: str, asked: Asked) -> Timeline:
    """Return what happened to an order, newest first; a page may have fewer entries than asked for and still go on."""
    entries, more = await _picked(desk, order_id, asked)
    acts: Sequence[OperatorsAct] = ()
    if asked.tells_acts:
        acts = await timeline_reads.acts(desk.engine, order_id, more, asked.before, ACTS)
    return Timeline(entries, acts, more)


async def _picked(desk: Desk, order_id: str, asked: Asked) -> tuple[list[Entry], int | None]:
    """Return the entries of a page, and the last one that was looked at where there are more."""
    found = list[Entry]()
    wanted, many = asked.wanted, max(asked.limit, LOOKED_AT) if asked.kinds else asked.limit
    for _ in range(LOOKS):
        rows = await timeline_reads.page(desk.engine, order_id, wanted, many + 1)
        for i, row in enumerate(rows[:many]):
            entry = entry_of(row)
            if not asked.kinds or not set(asked.kinds).isdisjoint(entry.kinds):
                found.append(entry)
            if len(found) == asked.limit:
                return found, row.seq if i + 1 < len(rows) else None
        if len(rows) <= many:
            return found, None
        wanted = EntriesWanted(rows[many - 1].seq, asked.quiet)
    return found, wanted.before


async def changes(desk: Desk, order_id: str, since: int, after: int, limit: int) -> tuple[Sequence[Entry], int | None]:
    """Return what changed an order since a version that somebody saw, oldest first, and the entry to go on after."""
    rows = await order_reads.changes(desk.engine, order_id, since, limit + 1, after=after)
    more = rows[limit - 1].seq if len(rows) > limit else None
    return [entry_of(row) for row in rows[:limit]], more


async def latest_changes(desk: Desk, order_id: str, since: int, limit: int) -> Sequence[Entry]:
    """Return the newest of what has changed an order since a version that somebody saw, the oldest of them first."""
    return [entry_of(row) for row in await order_reads.changes(desk.engine, order_id, since, limit, newest=True)]


def entry_of(row: JournalEntry) -> Entry:
    """Return what a row of the journal tells."""
    messages = wire.unpack(row.messages)
    return Entry(
        seq=row.seq,
        at=row.occurred_at,
        what=row.type,
        outcome=row.outcome if row.refers_to is None else f"{row.outcome} (parked as {row.refers_to})",
        who=row.actor or row.source,
        why=f"{row.source} {row.event_id} at {row.topic}/{row.partition}/{row.offset}",
        state=row.status_after,
        was=row.status_before,
        rules=row.transitions,
        told=list(map(wire.type_of, messages)),
        kinds=[kind.value for kind, holds in _kinds(row, messages).items() if holds],
    )


def _kinds(row: JournalEntry, messages: Sequence[wire.Outgoing]) -> dict[EntryKind, bool]:
    types = {row.type, *map(wire.type_of, messages)}
    topics = {row.topic, *(message.topic for message in messages)}
    return {
        EntryKind.STATE: row.status_after != row.status_before,
        EntryKind.PEOPLE: row.topic == COMMANDS.name,
        EntryKind.PARTNERS: row.topic in _PARTNERS,
        EntryKind.MONEY: bool(topics & {PAYMENT.name, PAYMENT_REQUESTS.name}) or any(map(_is_money, types)),
        EntryKind.MESSAGES: NOTIFICATION_REQUESTS.name in topics or not _WORDS.isdisjoint(types),
    }


def _is_money(type_: str) -> bool:
    return type_.startswith(_MONEY)
