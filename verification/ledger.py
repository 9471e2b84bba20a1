"""The sets that a verification compares, on disk: memory stays bounded however long the history is."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final

from contracts.signing import unsigned
from contracts.topics import BY_NAME, INBOUND, Direction
from contracts.wire import HEADER_HOME, HEADER_REPEAT, Outgoing, RawHeaders, Record

# Gives every message of a shard a number: batches of under 100,000 rows, rows of under 10,000 messages.
BATCH_STEP: Final = 1_000_000_000
ROW_STEP: Final = 10_000

_DEAD: Final = {topic.dead_letters for topic in INBOUND}
_PLACE: Final = "kafka_dlt-original-"
_TABLES: Final = """
CREATE TABLE expected (topic TEXT, identity TEXT, partition INT, shard INT, place INT, repeats INT, pending INT,
  digest BLOB, origin TEXT, recorded INT);
CREATE TABLE found (topic TEXT, identity TEXT, partition INT, "offset" INT, key BLOB, repeats INT, digest BLOB);
CREATE TABLE status (key BLOB PRIMARY KEY, value BLOB, partition INT, "offset" INT) WITHOUT ROWID;
CREATE TABLE fired (order_id TEXT, timer_id TEXT, PRIMARY KEY (order_id, timer_id)) WITHOUT ROWID;
CREATE TABLE restored (shard INT, place INT, topic TEXT, partition INT, start INT, "end" INT);
CREATE TABLE start (topic TEXT, partition INT, appended INT, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A message that isn't exactly as often, as it was written, or where it must be."""

    kind: str
    where: str
    detail: str


def written_by_the_hub(topic: str, headers: RawHeaders) -> bool:
    """Tell whether the hub wrote a record: all but what partners send to inbound topics."""
    known = BY_NAME.get(topic)
    return known is None or known.direction is not Direction.INBOUND or any(name == HEADER_HOME for name, _ in headers)


def identity(topic: str, headers: RawHeaders) -> str:
    """Return what names a message among all of its topic: the place it comes from, or else its event id."""
    last = dict(headers)  # a record that travelled twice is named by its last journey
    if topic in _DEAD:
        partition = int.from_bytes(last.get(f"{_PLACE}partition") or b"", "big")
        return f"dead letter of {partition}/{int.from_bytes(last.get(f'{_PLACE}offset') or b'', 'big')}"
    home = last.get(HEADER_HOME)
    if home is not None and topic in BY_NAME and BY_NAME[topic].direction is not Direction.OUTBOUND:
        return f"sent home from {home.decode(errors='replace')}"
    return (last.get("ce_id") or b"without an id").decode(errors="replace")


def is_repeat(headers: RawHeaders) -> bool:
    """Tell whether this is a stored answer, given once more: as many times as it was asked for."""
    return any(name == HEADER_REPEAT for name, _ in headers)


def fingerprint(message: Outgoing | Record) -> bytes:
    """Return 16 bytes over key, headers and value; the hub signs what an older version stored unsigned."""
    # The literal of nested tuples of bytes is unambiguous, and written in one go.
    parts = (message.key, tuple(map(tuple, unsigned(message.headers))), message.value)
    return blake2b(repr(parts).encode(), digest_size=16).digest()


class Ledger:
    """Messages expected and found, the last status of each order, and timers that have fired; ends with its `with`."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="hub-verify-")
        self._sets = sqlite3.connect(Path(self._folder.name) / "sets.sqlite", isolation_level=None)
        self._sets.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;")
        self._sets.executescript(_TABLES)
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
        """Keep the last state published of each order."""
        self._sets.executemany(
            "INSERT INTO status VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
            'value = excluded.value, partition = excluded.partition, "offset" = excluded."offset"',
            ((record.key or b"", record.value, record.partition, record.offset) for record in records),
        )

    def take_status(self, order_id: str) -> bytes | None:
        """Return the last state published of an order, and strike it off."""
        row = self._sets.execute("DELETE FROM status WHERE key = ? RETURNING value", (order_id.encode(),)).fetchone()
        return None if row is None else row[0]

    def statuses_left(self) -> Iterator[str]:
        """Yield the keys of states that no order asked for."""
        for (key,) in self._sets.execute("SELECT key FROM status WHERE value IS NOT NULL"):
            yield bytes(key).decode(errors="replace")

    def note_fired(self, timers: Iterable[tuple[str, str]]) -> None:
        """Keep timers (order id, timer id) that left for their orders."""
        self._sets.executemany("INSERT OR IGNORE INTO fired VALUES (?, ?)", timers)

    def has_fired(self, order_id: str, timer_id: str) -> bool:
        """Tell whether a timer left for its order."""
        question = "SELECT 1 FROM fired WHERE order_id = ? AND timer_id = ?"
        return self._sets.execute(question, (order_id, timer_id)).fetchone() is not None

    def note_start(self, topic: str, partition: int, appended: int) -> None:
        """Keep when the first record was appended (ms since 1970) of a partition whose beginning is gone."""
        self._sets.execute("INSERT OR IGNORE INTO start VALUES (?, ?, ?)", (topic, partition, appended))

    def index(self) -> None:
        """Make ready for comparing, once all is in."""
        self._sets.execute("CREATE INDEX expected_key ON expected (topic, identity)")
        self._sets.execute("CREATE INDEX found_key ON found (topic, identity)")

    def explain(self, shard: int, batch: int, ends: Iterable[tuple[str, int, int]]) -> int:
        """Take out what an accepted restore explains; return how many messages.

        A shard whose database went back to `batch` published the batches above it once already. Such a message lies
        behind the shard's last one of the batches that were kept, and before the (topic, partition, end) noted then; a
        row above `batch` holds it, or none at all. At most one copy of each is taken out: everything else stays.
        """
        self._sets.execute("DELETE FROM restored")
        rows = [(shard, (batch + 1) * BATCH_STEP, topic, partition, end) for topic, partition, end in ends]
        self._sets.executemany("INSERT INTO restored VALUES (?, ?, ?, ?, -1, ?)", rows)
        self._sets.execute(_START)
        return self._sets.execute(f"DELETE FROM found WHERE rowid IN ({_STRETCH})").rowcount  # noqa: S608 - a constant

    def counts(self) -> tuple[int, int, int, int]:
        """Return how many messages are expected, found, expired, and pending (stored, and not yet published)."""
        one = self._sets.execute(
            f"""SELECT (SELECT count(*) FROM expected), (SELECT count(*) FROM found),
            (SELECT count(*) FROM expected e WHERE {_GONE} AND NOT EXISTS ({_FOUND})),
            (SELECT count(*) FROM expected e WHERE pending AND NOT EXISTS ({_FOUND}))"""  # noqa: S608 - constants
        ).fetchone()
        return (int(one[0]), int(one[1]), int(one[2]), int(one[3]))

    def deviations(self) -> Iterator[Deviation]:
        """Yield every message that is missing, twice, too many, changed, misplaced or out of order."""
        for kind, question, detail in _QUESTIONS:
            for row in self._sets.execute(question):
                topic, name, partition, offset, text = row
                place = f"{topic}/{partition}" if offset is None else f"{topic}/{partition}/{offset}"
                yield Deviation(kind, f"message {name} at {place}", detail.format(text))


# An order's own messages have one writer, and batch numbers go on when it is split; these topics have several writers.
_MIXED: Final = ", ".join(f"'{name}'" for topic in INBOUND for name in (topic.name, topic.dead_letters))
_FOUND: Final = "SELECT 1 FROM found f WHERE f.topic = e.topic AND f.identity = e.identity AND f.repeats = e.repeats"
_GONE: Final = """EXISTS (SELECT 1 FROM start s WHERE s.topic = e.topic AND s.partition = e.partition
  AND e.recorded < s.appended)"""
_START: Final = """UPDATE restored AS r SET start = coalesce((SELECT max(f."offset") FROM found f JOIN expected e
  ON e.topic = f.topic AND e.identity = f.identity AND e.repeats = f.repeats
  WHERE f.topic = r.topic AND f.partition = r.partition AND f."offset" < r."end"
    AND e.shard = r.shard AND e.place < r.place), -1)"""
_STRETCH: Final = """SELECT min(f.rowid) FROM found f
  JOIN restored r ON r.topic = f.topic AND r.partition = f.partition AND f."offset" > r.start AND f."offset" < r."end"
  WHERE NOT EXISTS (SELECT 1 FROM expected e WHERE e.topic = f.topic AND e.identity = f.identity
    AND e.repeats = f.repeats AND (e.shard <> r.shard OR e.place < r.place))
  GROUP BY f.topic, f.identity, f.repeats, CASE WHEN f.repeats THEN f.rowid END"""
# The questions are put together from these constants alone.
_QUESTIONS: Final = (
    (
        "lost",
        f"""SELECT e.topic, e.identity, e.partition, NULL, e.origin FROM expected e
        WHERE NOT e.pending AND NOT e.repeats AND NOT EXISTS ({_FOUND}) AND NOT {_GONE}
        ORDER BY e.shard, e.place""",  # noqa: S608
        "not in the log, though {} says that it was published",
    ),
    (
        "doubled",
        """SELECT f.topic, f.identity, f.partition, f."offset", '' FROM found f WHERE NOT f.repeats AND NOT EXISTS
        (SELECT 1 FROM expected e WHERE e.topic = f.topic AND e.identity = f.identity AND NOT e.repeats)
        ORDER BY f.topic, f.partition, f."offset" """,
        "in the log, though no row of journal or set_aside holds it{}",
    ),
    (
        "doubled",
        """SELECT f.topic, f.identity, f.partition, max(f."offset"), count(*) FROM found f
        JOIN (SELECT topic, identity, count(*) AS times FROM expected WHERE NOT repeats GROUP BY 1, 2) e
        USING (topic, identity) WHERE NOT f.repeats GROUP BY 1, 2 HAVING count(*) > max(e.times)""",
        "in the log {} times",
    ),
    (
        "doubled",
        """SELECT topic, identity, partition, NULL, origin FROM expected WHERE NOT repeats
        GROUP BY topic, identity HAVING count(*) > 1""",
        "held by more than one row; one of them is {}",
    ),
    (
        "lost",
        f"""SELECT e.topic, e.identity, e.partition, NULL, count(*) FROM expected e
        WHERE e.repeats AND NOT e.pending AND NOT {_GONE}
        GROUP BY 1, 2 HAVING count(*) > (SELECT count(*) FROM found f
          WHERE f.topic = e.topic AND f.identity = e.identity AND f.repeats)""",  # noqa: S608
        "this answer should have been given again {} times; some are missing",
    ),
    (
        "doubled",
        """SELECT f.topic, f.identity, f.partition, max(f."offset"), count(*) FROM found f WHERE f.repeats
        GROUP BY 1, 2 HAVING count(*) > (SELECT count(*) FROM expected e
          WHERE e.topic = f.topic AND e.identity = f.identity AND e.repeats)""",
        "this answer was given again {} times, which is more often than it was asked for",
    ),
    (
        "changed",
        """SELECT f.topic, f.identity, f.partition, f."offset", e.origin FROM found f JOIN expected e
        ON e.topic = f.topic AND e.identity = f.identity AND e.repeats = f.repeats WHERE e.digest <> f.digest""",
        "key, headers or value are not those that {} holds",
    ),
    (
        "misplaced",
        """SELECT f.topic, f.identity, f.partition, f."offset", e.partition FROM found f JOIN expected e
        ON e.topic = f.topic AND e.identity = f.identity AND e.repeats = f.repeats
        WHERE e.partition <> f.partition""",
        "its home is partition {}",
    ),
    (
        "out_of_order",
        f"""SELECT topic, identity, partition, "offset", '' FROM (
          SELECT f.topic, f.identity, f.partition, f."offset", e.place, max(e.place) OVER (
            PARTITION BY f.topic, f.partition, CASE WHEN f.topic IN ({_MIXED}) THEN e.shard END, f.key
            ORDER BY f."offset"
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM (SELECT topic, identity, partition, min("offset") AS "offset", key FROM found
            WHERE NOT repeats GROUP BY 1, 2) f
          JOIN (SELECT topic, identity, shard, min(place) AS place FROM expected
            WHERE NOT repeats GROUP BY 1, 2) e USING (topic, identity))
        WHERE before > place""",  # noqa: S608
        "it lies behind a message of the same key that was decided later{}",
    ),
)
