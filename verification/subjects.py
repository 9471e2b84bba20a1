"""Aggregate by aggregate: its journal replayed, its deadlines and its published state compared."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json

from adapters.own_words import own_words
from contracts.judging import Refused
from contracts.partitioning import home
from contracts.subjects import ORDER, called, kind_of
from domain.deciding.aggregate import Aggregate
from domain.orders import notices
from domain.orders.order import ArmedTimer
from verification.growths import Growths
from verification.ledger import Ledger
from verification.orders import Orders
from verification.replay import Replay, differing
from verification.report import Findings
from verification.snapshot import Snapshot

REPLAY: Final = "aggregates replayed from journal"
DEADLINES: Final = "deadlines"
STATUS: Final = "states on compacted topics"
MOST: Final = 5
"""Differences told of one aggregate: what follows from the first ones says nothing new."""


class Subjects:
    """Compares every aggregate; `pending` tells whether a batch of a shard isn't published yet.

    What holds of orders alone is looked at by `orders`.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        ledger: Ledger,
        findings: Findings,
        growths: Growths,
        pending: Callable[[int, int], bool],
    ) -> None:
        self._snapshot = snapshot
        self._ledger = ledger
        self._findings = findings
        self._growths = growths
        self._pending = pending
        self._orders = Orders(snapshot, findings)

    async def compare(self, progress: Callable[[int], None]) -> None:
        """Go through all aggregates; then through what none of them accounts for."""
        done = 0
        async for page in self._pages():
            await self._page(page)
            done += len(page)
            progress(done)
        async for row in self._snapshot.orphans():
            detail = f"{row['rows']} journal rows, but no row of its own"
            self._differ(REPLAY, "lost", row["order_id"], [detail])
        for key in self._ledger.statuses_left():
            self._findings.differ(STATUS, "doubled", f"state of {called(key)}", "published, but nothing has this state")

    async def _pages(self) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        async for page in self._snapshot.order_pages():
            yield page
            self._findings.orders += len(page)
        async for page in self._snapshot.subject_pages():
            yield page

    async def _page(self, page: Sequence[Mapping[str, Any]]) -> None:
        ids = [row["subject"] for row in page]
        armed: dict[str, list[Mapping[str, Any]]] = {subject: [] for subject in ids}
        for timer in await self._snapshot.armed(ids):
            armed[timer["order_id"]].append(timer)
        replays = {subject: Replay(subject) for subject in ids}
        last: dict[str, Mapping[str, Any]] = {}
        async for row in self._snapshot.histories(ids):
            self._home(row)
            replays[row["order_id"]].add(row)
            last[row["order_id"]] = row
        for row in page:
            subject = row["subject"]
            self._compare(row, replays.pop(subject), armed[subject], last.get(subject))
        await self._orders.exchanges()

    def _compare(
        self,
        row: Mapping[str, Any],
        replay: Replay,
        armed: Sequence[Mapping[str, Any]],
        end: Mapping[str, Any] | None,
    ) -> None:
        subject, kind = replay.subject, replay.kind
        value = self._value(row, replay)
        if value is None:
            return
        if kind_of(subject) == ORDER:
            self._orders.look(value, replay)
        self._at_home(subject, armed)
        self._deadlines(subject, getattr(value, "timers", ()), armed)
        if end is None or not self._pending(end["shard"], end["batch"]):
            self._status(subject, kind, value)

    def _home(self, row: Mapping[str, Any]) -> None:
        shard = home(row["order_id"], self._growths.count(row["shard"], row["batch"]))
        if row["shard"] != shard:
            where = f"{called(row['order_id'])} journal row {row['seq']}"
            self._findings.differ(REPLAY, "misplaced", where, f"written by shard {row['shard']}, its home is {shard}")

    def _at_home(self, subject: str, timers: Sequence[Mapping[str, Any]]) -> None:
        """See that deadlines are with the shard that works on it now: no other one lets them go off."""
        shard = home(subject, self._growths.now)
        for timer in timers:
            if timer["shard"] != shard:
                fault = f"deadline {timer['timer_id']} is with shard {timer['shard']}, its home is {shard}"
                self._findings.differ(DEADLINES, "misplaced", called(subject), fault)

    def _value(self, row: Mapping[str, Any], replay: Replay) -> Any:
        """Compare an aggregate with its replay; return it as it is stored, None where it can't be read."""
        replay.finish(row)
        self._replayed(called(replay.subject), replay)
        try:
            return replay.kind.read(row["document"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            self._differ(REPLAY, "replay", replay.subject, [f"document can't be read: {own_words(error)}"])
            return None

    def _replayed(self, name: str, replay: Replay) -> None:
        """Count the rows of an aggregate, and report where they differ from their replay."""
        self._findings.journal_rows += replay.rows
        self._findings.count(REPLAY)
        told = [(name if seq is None else f"{name} journal row {seq}", fault) for seq, fault in replay.faults]
        # The aggregate's own row is told even where many rows before it differ.
        for where, fault in told[:MOST] + [entry for entry in told[MOST:] if entry[0] == name][:MOST]:
            self._findings.differ(REPLAY, "replay", where, fault)

    def _differ(self, check: str, kind: str, subject: str, faults: Sequence[str]) -> None:
        for fault in faults[:MOST]:
            self._findings.differ(check, kind, called(subject), fault)

    def _deadlines(self, subject: str, timers: Sequence[ArmedTimer], rows: Sequence[Mapping[str, Any]]) -> None:
        """Compare the deadlines an aggregate lists with the rows that will fire, or have."""
        self._findings.count(DEADLINES, len(timers))
        stored = {row["timer_id"]: row["due_at"] for row in rows if row["kind"] not in notices.RULES}
        for timer in timers:
            if timer.fired:
                continue
            due_at = stored.pop(timer.id, None)
            if due_at is None and not self._ledger.has_fired(subject, timer.id):
                fault = f"deadline {timer.kind} {timer.id} is set, but no row will ever fire it"
                self._findings.differ(DEADLINES, "lost", called(subject), fault)
            elif due_at is not None and due_at != timer.due_at:
                fault = f"deadline {timer.kind} {timer.id} fires at {due_at}, its document says {timer.due_at}"
                self._findings.differ(DEADLINES, "changed", called(subject), fault)
        faults = [f"timer row {timer_id} belongs to no deadline of it" for timer_id in stored]
        self._differ(DEADLINES, "doubled", subject, faults)

    def _status(self, subject: str, kind: Aggregate[Any], value: Any) -> None:
        published = self._ledger.take_status(subject)
        where = f"state of {called(subject)}"
        if value.state is None:
            if published is not None:
                self._findings.differ(STATUS, "doubled", where, "published, but only early facts are known of it")
            return
        self._findings.count(STATUS)
        if published is None:
            self._findings.differ(STATUS, "lost", where, "not in the log")
            return
        for fault in status_faults(kind, value, published)[:MOST]:
            self._findings.differ(STATUS, "changed", where, fault)


def status_faults(kind: Aggregate[Any], value: Any, published: bytes) -> list[str]:
    """Return where the state published last differs from the aggregate as it is stored."""
    message = kind.status(value)
    expected = message.encoded()
    if expected == published:
        return []
    try:
        told = type(message).read(published).encoded()
    except Refused as refused:
        return [f"can't be read: {refused}"]
    found = differing(from_json(told), from_json(expected))
    return [fault.replace("replaying the journal gives", "its document gives") for fault in found]
