"""Parts of an order that its journal tells and its document doesn't: what happened to its money, its notes, counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from adapters.postgres import timeline_reads
from adapters.postgres.order_reads import JournalEntry
from adapters.postgres.timeline_reads import Marked
from contracts import wire
from contracts.events import NoteAdded
from contracts.topics import ORDER_EVENTS, PAYMENT_REQUESTS
from hub.desk.resources import Desk

COUNTED: Final = 1_000
"""How far entries and records are counted."""
TOLD: Final = 200
"""Entries that are told of at most: the newest ones."""
_MONEY: Final = ("payment.", "refund.")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of an order beside itself, each counted up to 1,000: entries of its timeline, records aside."""

    timeline: int
    records: int


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in minor units of its currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """What happened to an order's money: the entry, when, and the event of the order that says it.

    `asked`: it is no event, but what the payment service was asked to do. No payment has an id before there is money.
    """

    seq: int
    at: datetime
    what: str
    asked: bool
    state: str | None
    amount: Amount | None
    payment_id: str | None
    refund_id: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class OrderNote:
    """A note in an order's history: the entry, when, who left it, and its text."""

    seq: int
    at: datetime
    who: str
    text: str


class _Said(msgspec.Struct):
    """What messages about money and notes say; each has some of it."""

    state: str | None = None
    amount: Amount | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    reason: str | None = None
    text: str = ""


_DECODER: Final = msgspec.json.Decoder(_Said)


async def beside(desk: Desk, order_id: str, *, money: bool) -> tuple[Counts, Sequence[MoneyMove]]:
    """Return how much there is of an order's timeline, without what changed nothing, and of its records set aside.

    Where the `money` is wanted, also what happened to its payments and refunds, in order; of very much the newest.
    """
    found = await timeline_reads.beside(desk.engine, order_id, COUNTED, Marked(_MONEY, TOLD) if money else None)
    moves = [move for row in reversed(found.published) for move in _moves(row)][-TOLD:]
    return Counts(found.entries, found.records), moves


async def notes(desk: Desk, order_id: str) -> Sequence[OrderNote]:
    """Return the notes of an order, newest first."""
    rows = await timeline_reads.publishing(desk.engine, order_id, Marked((NoteAdded.type(),), TOLD))
    return [
        OrderNote(row.seq, row.occurred_at, row.actor or row.source, _said(each).text)
        for row in rows
        for each in wire.unpack(row.messages)
        if wire.type_of(each) == NoteAdded.type()
    ]


def _moves(row: JournalEntry) -> Iterator[MoneyMove]:
    for each in wire.unpack(row.messages):
        what = wire.type_of(each)
        if each.topic in (ORDER_EVENTS.name, PAYMENT_REQUESTS.name) and what.startswith(_MONEY):
            said, asked = _said(each), each.topic == PAYMENT_REQUESTS.name
            told = (said.state, said.amount, said.payment_id, said.refund_id, said.reason)
            yield MoneyMove(row.seq, row.occurred_at, what, asked, *told)


def _said(message: wire.Outgoing) -> _Said:
    return _DECODER.decode(message.value or b"{}")
