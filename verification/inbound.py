"""The first check: every record read from a partition ended in exactly one way, and its row says what it said."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.rows.positions import Place
from contracts.decoding import BrokenContract, Decoded, decode
from contracts.message import Message
from contracts.topics import BY_NAME
from contracts.wire import HEADER_ORDER, Record, unpack_headers, without_token
from domain.deciding import codec
from verification.report import Findings
from verification.snapshot import Row, Snapshot

CHECK: Final = "records of the inbound topics"
CHUNK: Final = 500
"""Records without a row that are looked up together."""
Unclaimed = tuple[Record, Decoded | None, bool]
"""A record that no row holds, its message, and whether it had waited: it must be a repetition."""
EPOCH: Final = datetime.fromtimestamp(0, UTC)
REFERENCES: Final = {"carrier.events": ("tracking", "tracking_number"), "warehouse.events": ("rma", "rma_code")}
"""Where a topic's records may come without their order: the kind of number, and the field that has it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the store holds of one offset: received rows of the journal and rows of set_aside."""

    offset: int
    decided: tuple[Row, ...] = ()
    aside: tuple[Row, ...] = ()

    def ends(self) -> list[str]:
        """Return how the record ended: a released row has its end in the row that came of it."""
        return [row["outcome"] for row in self.decided] + [r["kind"] for r in self.aside if r["closed_batch"] is None]

    def closed_as(self) -> list[str]:
        """Return what became of the released rows."""
        return [row["closed_as"] or "" for row in self.aside if row["closed_batch"] is not None]


def read(record: Record) -> Decoded | None:
    """Return the message in a record, None where it breaks its contract."""
    topic = BY_NAME[record.topic]
    if record.unreadable:
        return None
    try:
        return decode(topic, topic.by_type, record.key, record.headers, record.value)
    except BrokenContract:
        return None


def judge(rows: Rows) -> tuple[str, str]:
    """Return (end, fault) of a record: `unclaimed` where no row says how it ended, `fault` empty where all is well."""
    ends = rows.ends()
    for word in rows.closed_as():
        if word != "duplicate" and word not in ends:
            return "lost", f"it waited and was let go as {word!r}, but no row says so"
    if len(ends) > 1:
        return "doubled", f"it ended in {len(ends)} ways: {', '.join(ends)}"
    return (ends[0], "") if ends else ("unclaimed", "")


def row_faults(record: Record, decoded: Decoded | None, row: Row, ahead: Collection[timedelta] = ()) -> list[str]:
    """Return what a journal row says otherwise than the record that it names.

    `ahead` says how far the clocks of some hub processes were moved: their rows have append times moved with them.
    """
    if decoded is None:
        return ["the record breaks its contract, and yet it was decided on"]
    event, appended = decoded.envelope, EPOCH + timedelta(milliseconds=record.appended_at)
    if row["appended_at"] - appended in ahead:
        appended = row["appended_at"]
    occurred = appended if event.time is None or event.time > appended else event.time
    told: dict[str, tuple[Any, Any]] = {
        "order_id": (row["order_id"], order_of(record, decoded) or row["order_id"]),
        "source": (row["source"], event.source),
        "event_id": (row["event_id"], event.id),
        "type": (row["type"], event.type),
        "digest": (bytes(row["digest"]).hex(), decoded.digest.hex()),
        "appended_at": (row["appended_at"], appended),
        "occurred_at": (row["occurred_at"], occurred),
    }
    faults = [f"{name} is {mine}, the record says {its}" for name, (mine, its) in told.items() if mine != its]
    return faults + _data_faults(record, decoded, row)


def _data_faults(record: Record, decoded: Decoded, row: Row) -> list[str]:
    try:
        stored = codec.received_from(row["data"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return [f"data can't be read: {error!r}"]
    fact = decoded.message
    cause, event = stored.cause, decoded.envelope
    named = (cause.source, cause.id, cause.type, f"{cause.topic}/{cause.partition}/{cause.offset}")
    faults = [] if stored.fact == fact else [f"data holds {_shown(stored.fact)}, the record says {_shown(fact)}"]
    if named != (event.source, event.id, event.type, record.place):
        faults.append(f"data names {named} as its cause")
    return faults


def _shown(fact: Message) -> str:
    text = repr(fact)
    return text if len(text) <= 300 else f"{text[:300]}…"


def order_of(record: Record, decoded: Decoded) -> str | None:
    """Return the order that a record names itself, or that the hub resolved for it."""
    resolved = record.header(HEADER_ORDER)
    return decoded.subject if resolved is None else resolved.decode(errors="replace")


def aside_faults(record: Record, row: Row) -> list[str]:
    """Return which bytes kept aside differ from those of the record."""
    headers = unpack_headers(row["headers"])
    is_final = row.get("kind") == "dead_letter"  # which keeps no token
    kept = {"key": row["key"], "headers": without_token(headers) if is_final else headers, "value": row["value"]}
    its = {"key": record.key, "headers": without_token(record.headers) if is_final else record.headers}
    its["value"] = record.value
    return [f"the {name} that it keeps isn't the record's" for name in kept if kept[name] != its[name]]


def as_edited(record: Record, rows: Iterable[Row]) -> Record:
    """Return a record as an operator changed it before it was tried again; its original bytes stay beside."""
    for row in rows:
        if row["closed_batch"] is not None and row.get("edited_headers") is not None:
            record = replace(record, headers=unpack_headers(row["edited_headers"]))
        if row["closed_batch"] is not None and row.get("edited_value") is not None:
            record = replace(record, value=row["edited_value"])
    return record


async def rows_by_offset(decided: AsyncIterator[Row], aside: AsyncIterator[Row]) -> AsyncIterator[Rows]:
    """Yield the rows of both streams, which come by offset, together for each offset."""
    left, right = await anext(decided, None), await anext(aside, None)
    while left is not None or right is not None:
        offset = min(row["offset"] for row in (left, right) if row is not None)
        mine: list[Row] = []
        other: list[Row] = []
        while left is not None and left["offset"] == offset:
            mine.append(left)
            left = await anext(decided, None)
        while right is not None and right["offset"] == offset:
            other.append(right)
            right = await anext(aside, None)
        yield Rows(offset, tuple(mine), tuple(other))


class Inbound:
    """Compares one partition after the other with the rows that name its records."""

    def __init__(
        self,
        snapshot: Snapshot,
        findings: Findings,
        ahead: Collection[timedelta] = (),
        since: Mapping[Place, datetime] | None = None,
    ) -> None:
        self._ahead = ahead
        self._snapshot = snapshot
        self._findings = findings
        self._since = since or {}
        """From when on the rows of a topic that was made anew are about the new one."""

    async def compare(self, records: AsyncIterator[Record], rows: AsyncIterator[Rows], where: str) -> None:
        """Join a partition's records with its rows, both by offset; each end is counted."""
        unclaimed: list[Unclaimed] = []
        held = await anext(rows, None)
        async for record in records:
            while held is not None and held.offset < record.offset:
                self._unfounded(held, where)
                held = await anext(rows, None)
            mine = Rows(record.offset)
            if held is not None and held.offset == record.offset:
                mine, held = held, await anext(rows, None)
            self._findings.facts += 1
            self._findings.count(CHECK)
            self._record(record, mine, unclaimed)
            if len(unclaimed) >= CHUNK:
                await self._duplicates(unclaimed)
        while held is not None:
            self._unfounded(held, where)
            held = await anext(rows, None)
        await self._duplicates(unclaimed)

    def _unfounded(self, rows: Rows, where: str) -> None:
        names = [f"journal row {row['seq']} of order {row['order_id']}" for row in rows.decided]
        names += [f"set_aside row {row['id']}" for row in rows.aside]
        for name in names:
            detail = "names this record, which the log doesn't have or which wasn't read yet"
            self._findings.differ(CHECK, "unfounded", f"{name} at {where}/{rows.offset}", detail)

    def _record(self, record: Record, rows: Rows, unclaimed: list[Unclaimed]) -> None:
        end, fault = judge(rows)
        told = as_edited(record, rows.aside)
        decoded = read(told) if rows.decided or end == "unclaimed" else None
        if fault:
            self._findings.differ(CHECK, end, f"record {record.place}", fault)
        elif end == "unclaimed":
            unclaimed.append((record, decoded, bool(rows.closed_as())))
        else:
            self._findings.by_outcome[end] += 1
        for row in rows.decided:
            self._tell(
                f"journal row {row['seq']} of order {row['order_id']}",
                record,
                row_faults(told, decoded, row, self._ahead),
            )
        for row in rows.aside:
            self._tell(f"set_aside row {row['id']}", record, aside_faults(record, row))

    def _tell(self, name: str, record: Record, faults: Iterable[str]) -> None:
        for fault in faults:
            self._findings.differ(CHECK, "changed", f"{name} at {record.place}", fault)

    async def _duplicates(self, unclaimed: list[Unclaimed]) -> None:
        """Find for each record without a row the earlier one that it repeats."""
        if not unclaimed:
            return
        orders = await self._orders(unclaimed)
        keys = {
            (order_id, decoded.envelope.source, decoded.envelope.id)
            for (_, decoded, _), ids in zip(unclaimed, orders, strict=True)
            if decoded is not None
            for order_id in ids
        }
        seen = await self._snapshot.seen(sorted(keys)) if keys else ()
        index: dict[tuple[str, str, str], list[Row]] = {}
        for row in seen:
            index.setdefault((row["order_id"], row["source"], row["event_id"]), []).append(row)
        for (record, decoded, waited), ids in zip(unclaimed, orders, strict=True):
            since = self._since.get((record.topic, record.partition), EPOCH)
            fault = _repetition_fault(record, decoded, ids, index, since, waited=waited)
            if fault:
                self._findings.differ(CHECK, "lost", f"record {record.place}", fault)
            else:
                self._findings.by_outcome["duplicate"] += 1
        unclaimed.clear()

    async def _orders(self, unclaimed: Iterable[Unclaimed]) -> list[set[str]]:
        """Return the orders that each record may belong to."""
        named = [
            (
                None if decoded is None else order_of(record, decoded),
                None if decoded is None else number_of(record, decoded),
            )
            for record, decoded, _ in unclaimed
        ]
        numbers = sorted({number for order_id, number in named if order_id is None and number is not None})
        referred = await self._snapshot.referred(numbers) if numbers else {}
        return [
            {order_id} if order_id is not None else referred.get(number, set()) if number is not None else set()
            for order_id, number in named
        ]


def number_of(record: Record, decoded: Decoded) -> tuple[str, str] | None:
    """Return the number (kind, value) by which a record may name its order."""
    kind, name = REFERENCES.get(record.topic, ("", ""))
    value = getattr(decoded.message, name, None) if name else None
    return None if value is None else (kind, str(value))


def _repetition_fault(
    record: Record,
    decoded: Decoded | None,
    ids: Iterable[str],
    index: dict[tuple[str, str, str], list[Row]],
    since: datetime,
    *,
    waited: bool,
) -> str:
    """Return why a record without a row is no repetition, empty where it is one."""
    if decoded is None:
        return "it can't be read, and no dead letter holds it"
    event = decoded.envelope
    rows = [row for order_id in ids for row in index.get((order_id, event.source, event.id), ())]
    what = f"{event.type} {event.id} of {event.source}"
    if not rows:
        return f"{what} left no row, and nothing of the same id did"
    if not any(bytes(row["digest"] or b"") == decoded.digest for row in rows):
        return f"{what} left no row; another record of the same id said something else"
    place = (record.topic, record.partition)
    earlier = any(
        (r["topic"], r["partition"]) != place or r["offset"] < record.offset or r["appended_at"] < since for r in rows
    )
    return "" if earlier or waited else f"{what} left no row, though it came before the record that did"
