"""What a verification asks of its sets: which messages are missing, twice, changed, misplaced or out of order.

All statements are put together from constants of this module. `expected` holds what rows say was published, `found`
what the log holds. `start` says where retention has removed the beginning of a partition, `begun` what is left
of it, `restored` which stretches of the log an operator has accepted.
"""

from typing import Final

from contracts.topics import INBOUND

TABLES: Final = """
CREATE TABLE expected (topic TEXT, identity TEXT, partition INT, shard INT, place INT, repeats INT, pending INT,
  digest BLOB, origin TEXT, recorded INT);
CREATE TABLE found (topic TEXT, identity TEXT, partition INT, "offset" INT, key BLOB, repeats INT, digest BLOB);
CREATE TABLE status (key BLOB PRIMARY KEY, value BLOB, partition INT, "offset" INT) WITHOUT ROWID;
CREATE TABLE fired (order_id TEXT, timer_id TEXT, PRIMARY KEY (order_id, timer_id)) WITHOUT ROWID;
CREATE TABLE restored (shard INT, place INT, topic TEXT, partition INT, start INT, "end" INT);
CREATE TABLE start (topic TEXT, partition INT, appended INT, PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE begun (topic TEXT, partition INT, shard INT, place INT, PRIMARY KEY (topic, partition, shard))
  WITHOUT ROWID;
"""

MIXED: Final = ", ".join(f"'{name}'" for topic in INBOUND for name in (topic.name, topic.dead_letters))
"""Topics to which several shards write. An order's own messages have one writer; a split doesn't change that."""
FOUND: Final = "SELECT 1 FROM found f WHERE f.topic = e.topic AND f.identity = e.identity AND f.repeats = e.repeats"
"""The log holds the message `e`."""
BEGUN: Final = """INSERT INTO begun SELECT e.topic, e.partition, e.shard, min(e.place) FROM start s
  JOIN expected e ON e.topic = s.topic AND e.partition = s.partition
  JOIN found f ON f.topic = e.topic AND f.identity = e.identity AND f.repeats = e.repeats AND f.partition = e.partition
  GROUP BY 1, 2, 3"""
"""Sets which message of each shard is the first that is left of a partition whose beginning was removed."""
SLACK_MS: Final = 60_000
"""So much later than its message was appended a row may say that it was written."""
GONE: Final = f"""EXISTS (SELECT 1 FROM start s
  LEFT JOIN begun b ON b.topic = s.topic AND b.partition = s.partition AND b.shard = e.shard
  WHERE s.topic = e.topic AND s.partition = e.partition AND CASE WHEN b.place IS NULL
    THEN e.recorded - {SLACK_MS} < s.appended ELSE e.place < b.place OR e.recorded < s.appended END)"""  # noqa: S608
"""Retention has removed the message `e`: a shard's messages lie in the order in which it wrote them."""
START: Final = """UPDATE restored AS r SET start = coalesce((SELECT max(f."offset") FROM found f JOIN expected e
  ON e.topic = f.topic AND e.identity = f.identity AND e.repeats = f.repeats
  WHERE f.topic = r.topic AND f.partition = r.partition AND f."offset" < r."end"
    AND e.shard = r.shard AND e.place < r.place), -1)"""
"""Sets where each accepted stretch begins: behind the shard's last message of the batches that were kept."""
STRETCH: Final = """SELECT min(f.rowid) FROM found f
  JOIN restored r ON r.topic = f.topic AND r.partition = f.partition AND f."offset" > r.start AND f."offset" < r."end"
  WHERE NOT EXISTS (SELECT 1 FROM expected e WHERE e.topic = f.topic AND e.identity = f.identity
    AND e.repeats = f.repeats AND (e.shard <> r.shard OR e.place < r.place))
  GROUP BY f.topic, f.identity, f.repeats, CASE WHEN f.repeats THEN f.rowid END"""
"""One copy of each message in an accepted stretch that no row of another shard or of a kept batch holds."""
QUESTIONS: Final = (
    (
        "lost",
        f"""SELECT e.topic, e.identity, e.partition, NULL, e.origin FROM expected e
        WHERE NOT e.pending AND NOT e.repeats AND NOT EXISTS ({FOUND}) AND NOT {GONE}
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
        WHERE e.repeats AND NOT e.pending AND NOT {GONE}
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
            PARTITION BY f.topic, f.partition, CASE WHEN f.topic IN ({MIXED}) THEN e.shard END, f.key
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
"""A kind of difference, the messages that show it (topic, identity, partition, offset, a detail), and what is told."""
