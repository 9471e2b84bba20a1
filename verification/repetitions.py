"""Records that left no row: each must repeat a record that came before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.rows.positions import Place
from contracts.decoding import Decoded
from contracts.wire import Record
from verification.records import EPOCH, order_of
from verification.report import Findings
from verification.snapshot import Row, Snapshot

CHUNK: Final = 500
"""Records that are looked up together."""
Seen = Mapping[tuple[str, str, str], Sequence[Row]]
"""Rows by order id, source and event id."""


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A record that no row holds: its message, None where it can't be read, and whether the record had waited."""

    record: Record
    decoded: Decoded | None
    waited: bool


class Repetitions:
    """Collects the records without a row and looks the earlier ones up, a chunk at a time.

    Where a topic was made anew, `since` says from which time on rows are about the new one.
    """

    def __init__(self, check: str, snapshot: Snapshot, findings: Findings, since: Mapping[Place, datetime]) -> None:
        self._check = check
        self._snapshot = snapshot
        self._findings = findings
        self._since = since
        self._waiting: list[Unclaimed] = []

    def add(self, unclaimed: Unclaimed) -> None:
        """Keep a record for the next look-up."""
        self._waiting.append(unclaimed)

    @property
    def is_full(self) -> bool:
        """Tell whether a look-up is due."""
        return len(self._waiting) >= CHUNK

    async def settle(self) -> None:
        """Count each record as a duplicate, or report it as lost."""
        if not self._waiting:
            return
        orders = await self._orders()
        seen = await self._seen(orders)
        for unclaimed, ids in zip(self._waiting, orders, strict=True):
            record = unclaimed.record
            since = self._since.get((record.topic, record.partition), EPOCH)
            fault = _fault(unclaimed, ids, seen, since)
            if fault:
                self._findings.differ(self._check, "lost", f"record {record.place}", fault)
            else:
                self._findings.by_outcome["duplicate"] += 1
        self._waiting.clear()

    async def _seen(self, orders: Sequence[Iterable[str]]) -> Seen:
        """Return the rows that any of the records may repeat."""
        keys = {
            (order_id, each.decoded.envelope.source, each.decoded.envelope.id)
            for each, ids in zip(self._waiting, orders, strict=True)
            if each.decoded is not None
            for order_id in ids
        }
        found: dict[tuple[str, str, str], list[Row]] = {}
        for row in await self._snapshot.seen(sorted(keys)) if keys else ():
            found.setdefault((row["order_id"], row["source"], row["event_id"]), []).append(row)
        return found

    async def _orders(self) -> list[set[str]]:
        """Return the orders that each record may belong to."""
        named = [
            (None, None) if each.decoded is None else (order_of(each.record, each.decoded), each.decoded.reference)
            for each in self._waiting
        ]
        numbers = sorted({number for order_id, number in named if order_id is None and number is not None})
        referred = await self._snapshot.referred(numbers) if numbers else {}
        return [
            {order_id} if order_id is not None else referred.get(number, set()) if number is not None else set()
            for order_id, number in named
        ]


def _fault(unclaimed: Unclaimed, ids: Iterable[str], seen: Seen, since: datetime) -> str:
    """Return why a record is no repetition. Empty where it is one."""
    record, decoded = unclaimed.record, unclaimed.decoded
    if decoded is None:
        return "it can't be read, and no dead letter holds it"
    event = decoded.envelope
    rows = [row for order_id in ids for row in seen.get((order_id, event.source, event.id), ())]
    what = f"{event.type} {event.id} of {event.source}"
    if not rows:
        return f"{what} left no row, and nothing of the same id did"
    if not any(bytes(row["digest"] or b"") == decoded.digest for row in rows):
        return f"{what} left no row; another record of the same id said something else"
    earlier = any(_is_earlier(row, record, since) for row in rows)
    return "" if earlier or unclaimed.waited else f"{what} left no row, though it came before the record that did"


def _is_earlier(row: Row, record: Record, since: datetime) -> bool:
    """Tell whether a row's record came first. Offsets say so in one partition; another may have been read earlier."""
    elsewhere = (row["topic"], row["partition"]) != (record.topic, record.partition)
    return elsewhere or row["offset"] < record.offset or row["appended_at"] < since
