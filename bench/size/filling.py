"""A database as if the hub had worked for long: rows that a real run left, copied under other order ids.

Whatever an order left in any table is copied with it. The copies' ids lie evenly between those of the runs to come, so
that each order of a run has pages of its own in every index on the order, as it would with ids drawn at random. Their
batches and offsets are below those of any run, and their deadlines are weeks away.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from bench.candidates.hub import OF_THE_RUN, SHARDS
from bench.story import ORDER_EVERY, START

TABLES: Final = ("orders", "order_references", "timers", "set_aside", "journal")
CHUNK_ROWS: Final = 100_000
SIZE: Final = """
SELECT sum(pg_table_size(leaf))::bigint AS rows, sum(pg_indexes_size(leaf))::bigint AS index
FROM (SELECT relid AS leaf FROM pg_partition_tree($1::regclass) WHERE isleaf UNION SELECT $1::regclass) AS leaves"""
ORDER_ID: Final = """
CREATE FUNCTION model.order_id(g bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $body$
SELECT left(t, 8) || '-' || substr(t, 9, 4) || '-7' || left(h, 3) || '-8' || substr(h, 4, 3) || '-' || substr(h, 7, 12)
FROM (SELECT lpad(to_hex({start} + g * {span} / {total}), 12, '0') AS t, md5(g::text) AS h) AS parts $body$"""
"""A UUIDv7 whose time grows with the number of the order, as in the workload."""
TRACKING: Final = "lpad((('x' || left(md5(new_id), 12))::bit(48)::bigint % 1000000000000)::text, 12, '0')"
CHANGED: Final = {
    "order_id": "CASE WHEN row.order_id IS NULL THEN NULL ELSE new_id END",
    "shard": f"g % {SHARDS}",
    "number": "'W' || (10000000 + g)",
    "batch": "row.batch - (c.total - c.n) * row.batches",
    "offset": 'row."offset" - (c.total - c.n) * row.offsets',
    "due_at": "now() + interval '30 days' + g * interval '1 second'",
    "document": "replace(row.document::text, row.order_id, new_id)::jsonb",
    "state": "CASE WHEN c.open OR row.state IS NULL THEN row.state ELSE 'completed' END",
    "value": f"""CASE row.kind WHEN 'tracking' THEN '3S' || {TRACKING} || 'NL'
      WHEN 'payment' THEN 'pay_' || replace(new_id, '-', '') WHEN 'number' THEN 'W' || (10000000 + g)
      ELSE left(row.value, 4) || upper(left(md5(new_id || row.value), length(row.value) - 4)) END""",
}
"""What differs in a copy, by column; set_aside keeps a record's own bytes."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is to be there: rows of the journal, and orders that are open."""

    rows: int
    orders: int


@dataclass(frozen=True, slots=True)
class Filled:
    """What is there: rows by table, and bytes by table, of the rows and of their indexes."""

    rows: dict[str, int]
    row_bytes: dict[str, int]
    index_bytes: dict[str, int]
    orders: int
    """In the model: the number of an order there is the number of its copy modulo this."""
    copies: int

    @property
    def bytes(self) -> int:
        """Return all of them."""
        return sum(self.row_bytes.values()) + sum(self.index_bytes.values())

    def bytes_per_row(self) -> int:
        """Return the mean bytes of a row of the journal, without its indexes."""
        return round(self.row_bytes["journal"] / max(1, self.rows["journal"]))


async def look(connection: asyncpg.Connection, orders: int, copies: int) -> Filled:
    """Count what is there."""
    rows, row_bytes, index_bytes = {}, {}, {}
    for table in TABLES:
        rows[table] = int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - constants
        found = (await connection.fetch(SIZE, table))[0]
        row_bytes[table], index_bytes[table] = int(found["rows"]), int(found["index"])
    return Filled(rows, row_bytes, index_bytes, orders, copies)


class Filling:
    """Fills a database in which a small run of the hub has left its rows; `span` is how many orders a run will have."""

    def __init__(self, connection: asyncpg.Connection, span: int, say: Callable[[str], None]) -> None:
        self._connection = connection
        self._span = span
        self._say = say

    async def fill(self, size: Size) -> Filled:
        """Put what the run left aside, empty the tables, and copy until so much is there; the hub must not run."""
        execute = self._connection.execute
        model = await look(self._connection, await self._connection.fetchval("SELECT count(*) FROM orders"), 1)
        journals = math.ceil(size.rows / model.rows["journal"])
        opened = math.ceil(size.orders / model.orders)
        copies = max(journals, opened)
        await self._put_aside()
        start, span = int(START.timestamp() * 1000), int(self._span * ORDER_EVERY.total_seconds() * 1000)
        await execute(ORDER_ID.format(start=start, span=span, total=copies * model.orders))
        await self._empty()
        # A reader of all rows is due when so many are new. A journal that grew has that behind it.
        for name in await self._leaves():
            await execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)")
        for table in TABLES:
            wanted = {"orders": copies, "order_references": copies, "timers": opened}.get(table, journals)
            if model.rows[table]:
                await self._copy(table, copies - wanted, copies, opened, max(1, CHUNK_ROWS // model.rows[table]))
        self._say("analysing")
        for table in TABLES:
            await execute(f"ANALYZE {table}" if table == "journal" else f"VACUUM (ANALYZE) {table}")
        return await look(self._connection, model.orders, copies)

    async def _put_aside(self) -> None:
        execute = self._connection.execute
        await execute("CREATE SCHEMA model")
        await execute(
            """CREATE TABLE model.numbers AS
            SELECT order_id, row_number() OVER (ORDER BY order_id) - 1 AS m FROM orders"""
        )
        for table in TABLES:
            columns = await self._columns(table)
            per_copy = "".join(
                f", (SELECT coalesce(max({column}), 0) + 1 FROM {table}) AS {name}"  # noqa: S608 - constants
                for column, name in (('"batch"', "batches"), ('"offset"', "offsets"))
                if column.strip('"') in columns
            )
            await execute(
                f"""CREATE TABLE model.{table} AS SELECT coalesce(n.m, 0) AS m{per_copy}, t.* FROM {table} t
                LEFT JOIN model.numbers n USING (order_id) ORDER BY m"""  # noqa: S608 - constants
            )
            await execute(f"ANALYZE model.{table}")

    async def _empty(self) -> None:
        names = ", ".join((*TABLES, "attention", "position", "member", "quarantine"))
        await self._connection.execute(f"TRUNCATE {names}")
        await self._connection.execute(RESTARTED)

    async def _copy(self, table: str, first: int, end: int, opened: int, step: int) -> None:
        columns = [name for name in await self._columns(table) if not (table == "set_aside" and name == "id")]
        names = ", ".join(f'"{name}"' for name in columns)
        changed = {name: text for name, text in CHANGED.items() if name != "value" or table == "order_references"}
        made = ", ".join(changed.get(name, f'row."{name}"') for name in columns)
        total = await self._connection.fetchval("SELECT count(*) FROM model.numbers")
        statement = f"""INSERT INTO {table} ({names}) SELECT {made}
            FROM (SELECT n, $3::bigint AS total, n >= $3 - $4 AS open
              FROM generate_series($1::bigint, $2 - 1) AS n) AS c
            CROSS JOIN LATERAL (SELECT c.n * {total} + r.m AS g, model.order_id(c.n * {total} + r.m) AS new_id, r.*
              FROM model.{table} r OFFSET 0) AS row"""  # noqa: S608 - constants
        told = 0
        for start in range(first, end, step):
            after = min(start + step, end)
            await self._connection.execute(statement, start, after, end, opened, timeout=600)
            done = 10 * (after - first) // (end - first)
            if done > told:
                self._say(f"filling {table}: {10 * done} %")
            told = done

    async def _columns(self, table: str) -> Sequence[str]:
        rows = await self._connection.fetch(
            """SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
            ORDER BY attnum""",
            table,
        )
        return [row["attname"] for row in rows]

    async def _leaves(self) -> Sequence[str]:
        rows = await self._connection.fetch("SELECT relid::text FROM pg_partition_tree('journal') WHERE isleaf")
        return [row["relid"] for row in rows]


RESTARTED: Final = """
UPDATE shard SET batch = 0, emitted = 0, token = NULL, stopped = NULL"""


async def clean(connection: asyncpg.Connection, orders: Sequence[str]) -> None:
    """Remove what a run left, and the orders that it made, so that another one can begin with other topics."""
    for table in ("journal", "set_aside"):
        await connection.execute(f"DELETE FROM {table} WHERE {OF_THE_RUN}")  # noqa: S608 - constants
    for table in ("orders", "order_references", "timers", "quarantine"):
        await connection.execute(f"DELETE FROM {table} WHERE order_id = ANY($1)", list(orders))  # noqa: S608 - constants
    await connection.execute("TRUNCATE position, member, attention")
    await connection.execute(RESTARTED)
    for table in ("orders", "order_references", "timers", "set_aside"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")
