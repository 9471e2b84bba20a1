"""A run in a database that was there before, and stays."""

from pathlib import Path
from typing import Final

import asyncpg

from bench.candidates.candidate import note
from bench.candidates.hub import Hub
from bench.ground.ground import Ground
from bench.results import Found
from bench.run import Run
from bench.work import Backlog

WRITTEN: Final = "write-ahead log"
WORK: Final = f"""
SELECT '{WRITTEN}' AS name, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS number
UNION ALL SELECT regexp_replace(relname, '_p[0-9]+$', ''), (sum(heap_blks_read) + coalesce(sum(toast_blks_read), 0)
  + coalesce(sum(tidx_blks_read), 0))::bigint FROM pg_statio_user_tables GROUP BY 1
UNION ALL SELECT regexp_replace(indexrelname, '_p[0-9]+_', '_'), sum(idx_blks_read)::bigint FROM pg_statio_user_indexes
GROUP BY 1"""  # noqa: S608 - constants
"""Bytes of write-ahead log so far, and blocks that were not in PostgreSQL's memory, by relation."""


class KeptRun(Run):
    """A run of the hub with one process, in a database that others made."""

    def __init__(self, ground: Ground, backlog: Backlog, name: str, folder: Path, url: str) -> None:
        super().__init__(ground, Hub(1), backlog, name, folder)
        self._url = url

    async def throughput(self) -> Found:
        """Let the hub work off a backlog; note what it wrote and read in PostgreSQL, by record."""
        self._before = await _work(self._url)
        return await super().throughput()

    async def open_database(self) -> str:
        """Return its address; all that was written before is on disk."""
        await self._ground.databases.checkpoint()
        return self._url

    async def close_database(self) -> None:
        """Leave it as it is."""

    async def check(self) -> None:
        """Compare with the model; nothing may be noted for an operator."""
        after = await _work(self._url)
        spent = {name: (number - self._before.get(name, 0)) / self.found.records for name, number in after.items()}
        self.found.detail["write_ahead_bytes"] = round(spent.pop(WRITTEN))
        self.found.detail["blocks_read"] = round(sum(spent.values()), 3)
        self.found.detail["blocks_read_of"] = {
            name: round(number, 3)
            for name, number in sorted(spent.items(), key=lambda each: -each[1])
            if number >= 0.01
        }
        await super().check()
        connection = await asyncpg.connect(self._url)
        try:
            note(self.found, await connection.fetchval("SELECT count(*) FROM attention"), "notes for an operator")
        finally:
            await connection.close()
        self.found.correct = not self.found.faults


async def _work(url: str) -> dict[str, int]:
    """Return what WORK counts, by name."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(WORK)
    finally:
        await connection.close()
    return {row["name"]: row["number"] for row in rows}
