"""The sets that a verification compares, on disk: memory stays bounded however long the history is."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final

from contracts.wire import Record
from verification.messages import BATCH_STEP, fingerprint, identity, is_repeat
from verification.questions import BEGUN, FOUND, GONE, QUESTIONS, START, STRETCH, TABLES

NEVER: Final = 2**63 - 1
"""Later than any message."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A message that is in the log too often, not at all, changed, or in the wrong place."""

    kind: str
    where: str
    detail: str


class Ledger:
    """Messages expected and found, the last status of each order, and timers that have fired.

    Use it in a `with`: its files are removed at the end of the block.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="hub-verify-")
        self._sets = sqlite3.connect(Path(self._folder.name) / "sets.sqlite", isolation_level=None)
        self._sets.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;")
        self._sets.executescript(TABLES)
        self._sets.execute("BEGIN")

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sets.close()
        self._folder.cleanup()

    def expect(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Add messages that must be in the log, as rows of the table `expected`."""
        self._sets.executemany("INSERT INTO expected VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def find(self, records: Iterable[Record]) -> None:
        """Add messages that are in the log."""
        self._sets.executemany(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    record.topic,
                    identity(record.topic, record.headers),
                    record.partition,
                    record.offset,
                    record.key,
                    is_repeat(record.headers),
                    fingerprint(record),
                )
                for record in records
            ),
        )

    def note_status(self, records: Iterable[Record]) -> None:
        """Keep the last state published of each aggregate."""
        self._sets.executemany(
            "INSERT INTO status VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
            'value = excluded.value, partition = excluded.partition, "offset" = excluded."offset"',
            ((record.key or b"", record.value, record.partition, record.offset) for record in records),
        )

    def take_status(self, subject: str) -> bytes | None:
        """Return the last state published of an aggregate, and strike it off."""
        row = self._sets.execute("DELETE FROM status WHERE key = ? RETURNING value", (subject.encode(),)).fetchone()
        return None if row is None else row[0]

    def statuses_left(self) -> Iterator[str]:
        """Yield the keys of states that no aggregate asked for."""
        for (key,) in self._sets.execute("SELECT key FROM status WHERE value IS NOT NULL"):
            yield bytes(key).decode(errors="replace")

    def note_fired(self, timers: Iterable[tuple[str, str]]) -> None:
        """Keep timers (order id, timer id) that left for their orders."""
        self._sets.executemany("INSERT OR IGNORE INTO fired VALUES (?, ?)", timers)

    def has_fired(self, order_id: str, timer_id: str) -> bool:
        """Tell whether a timer left for its order."""
        question = "SELECT 1 FROM fired WHERE order_id = ? AND timer_id = ?"
        return self._sets.execute(question, (order_id, timer_id)).fetchone() is not None

    def note_start(self, topic: str, partition: int, appended: int | None) -> None:
        """Keep when the first record was appended (ms since 1970) in a partition whose beginning retention removed.

        None: retention has removed all of it. What is noted of a partition twice counts from the later time.
        """
        self._sets.execute(
            "INSERT INTO start VALUES (?, ?, ?) "
            "ON CONFLICT (topic, partition) DO UPDATE SET appended = max(appended, excluded.appended)",
            (topic, partition, NEVER if appended is None else appended),
        )

    def index(self) -> None:
        """Build the indexes. Call it once everything is in, before the questions."""
        self._sets.execute("CREATE INDEX expected_key ON expected (topic, identity)")
        self._sets.execute("CREATE INDEX found_key ON found (topic, identity)")
        self._sets.execute(BEGUN)

    def explain(self, shard: int, batch: int, ends: Iterable[tuple[str, int, int]]) -> int:
        """Remove what an accepted restore explains. Returns how many messages were removed.

        The shard's database went back to `batch`: it had published the batches above that once already. Such a
        message lies behind the shard's last one of the kept batches, and before the (topic, partition, end) noted when
        the restore was accepted. No kept row holds it. At most one copy of each message is removed.
        """
        self._sets.execute("DELETE FROM restored")
        rows = [(shard, (batch + 1) * BATCH_STEP, topic, partition, end) for topic, partition, end in ends]
        self._sets.executemany("INSERT INTO restored VALUES (?, ?, ?, ?, -1, ?)", rows)
        self._sets.execute(START)
        return self._sets.execute(f"DELETE FROM found WHERE rowid IN ({STRETCH})").rowcount  # noqa: S608 - a constant

    def counts(self) -> tuple[int, int, int, int]:
        """Return how many messages are expected, found, expired, and pending (stored, and not yet published)."""
        one = self._sets.execute(
            f"""SELECT (SELECT count(*) FROM expected), (SELECT count(*) FROM found),
            (SELECT count(*) FROM expected e WHERE {GONE} AND NOT EXISTS ({FOUND})),
            (SELECT count(*) FROM expected e WHERE pending AND NOT EXISTS ({FOUND}))"""  # noqa: S608 - constants
        ).fetchone()
        return (int(one[0]), int(one[1]), int(one[2]), int(one[3]))

    def deviations(self) -> Iterator[Deviation]:
        """Yield every message that is missing, twice, too many, changed, misplaced or out of order."""
        for kind, question, detail in QUESTIONS:
            for row in self._sets.execute(question):
                topic, name, partition, offset, text = row
                place = f"{topic}/{partition}" if offset is None else f"{topic}/{partition}/{offset}"
                yield Deviation(kind, f"message {name} at {place}", detail.format(text))
