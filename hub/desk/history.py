"""History: what one entry of an order's journal said, caused and changed, field by field, from the rules themselves."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from adapters.postgres import order_reads
from contracts import wire
from hub.desk.errors import EntryIsUnknown
from hub.desk.resources import Desk
from hub.desk.timeline import Entry, entry_of
from verification import replay as replays

ROWS: Final = 1_000
"""Entries that are folded at most, to know how an order stood."""
CHANGES: Final = 500
"""Fields that are told of at most."""
PERSONAL: Final = replays.PERSONAL
"""Names of fields that hold what belongs to a person."""
_NOT_THERE: Final = object()


@dataclass(frozen=True, slots=True)
class Change:
    """A field of the order's document, by its JSON Pointer, before and after; None where it wasn't, or isn't, there."""

    path: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was published: to which topic, of which type, with which id and data."""

    topic: str
    type: str
    id: str
    data: object


@dataclass(frozen=True, slots=True)
class Whole:
    """An entry with what the record said, the messages that it caused, and the fields that it changed.

    `changes` is None where the order's history is too long, or older than the rules, to be folded.
    """

    entry: Entry
    said: Mapping[str, object]
    messages: Sequence[Told]
    changes: Sequence[Change] | None


async def entry(desk: Desk, order_id: str, seq: int) -> Whole:
    """Return all of one entry; raises EntryIsUnknown."""
    found = await order_reads.entry(desk.engine, order_id, seq)
    if found is None:
        raise EntryIsUnknown(seq)
    row, data = found
    messages = [_told(each) for each in wire.unpack(row.messages)]
    return Whole(entry_of(row), data, messages, await _between(desk, order_id, seq - 1, seq))


async def changed(desk: Desk, order_id: str, since: int) -> Sequence[Change] | None:
    """Return the fields that differ from a version that somebody saw; None where that can't be told."""
    span = await order_reads.span(desk.engine, order_id, since)
    return None if span is None else await _between(desk, order_id, *span)


def _told(message: wire.Outgoing) -> Told:
    data = None if message.value is None else msgspec.json.decode(message.value)
    return Told(message.topic, wire.type_of(message), (message.header("ce_id") or b"").decode(errors="replace"), data)


async def _between(desk: Desk, order_id: str, before: int, after: int) -> Sequence[Change] | None:
    """Return what differs between the order after one entry and after a later one."""
    if after > ROWS:
        return None
    rows = await order_reads.history(desk.engine, order_id, after)
    return await asyncio.to_thread(_folded, order_id, rows, before)


def _folded(order_id: str, rows: Sequence[Mapping[str, object]], before: int) -> Sequence[Change] | None:
    """Fold a history, and return what its rows behind one of them have changed."""
    replay = replays.Replay(order_id)
    then: object = replays.document_of(replay.kind, replay.value)
    for row in rows:
        replay.add(row)
        if row["seq"] == before:
            then = None if replay.value is None else replays.document_of(replay.kind, replay.value)
    if replay.value is None or then is None:
        return None
    return between(then, replays.document_of(replay.kind, replay.value))


def between(before: object, after: object) -> Sequence[Change]:
    """Return where two documents differ, 500 fields at most."""
    found: list[Change] = []
    _differ(before, after, "", found)
    return found[:CHANGES]


def _differ(before: object, after: object, path: str, into: list[Change]) -> None:
    """Note where two JSON values differ, leaf by leaf: of what came or went whole, each field has a path of its own."""
    mine, its = _fields(before), _fields(after)
    if before is None and its:  # nothing, in place of something that has parts
        mine = {}
    if after is None and mine:
        its = {}
    if mine is None or its is None:
        if before != after or type(before) is not type(after):
            into.append(Change(path, *(None if each is _NOT_THERE else each for each in (before, after))))
        return
    for name in sorted(mine.keys() | its.keys(), key=lambda each: (len(each), each) if each.isdigit() else (0, each)):
        place = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        _differ(mine.get(name, _NOT_THERE), its.get(name, _NOT_THERE), place, into)


def _fields(value: object) -> dict[str, object] | None:
    """Return what a value consists of; a value that isn't there of nothing; None for a value without parts."""
    if value is _NOT_THERE:
        return {}
    if isinstance(value, dict):
        return value
    return {str(index): each for index, each in enumerate(value)} if isinstance(value, list) else None
