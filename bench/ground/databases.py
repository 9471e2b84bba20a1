"""The databases of a benchmark, each with the prefix of its run."""

import asyncio
import json
from pathlib import Path

import asyncpg


class Databases:
    """Makes and drops databases of one PostgreSQL, whose own files lie in `folder`."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder

    async def create(self, name: str, like: str = "template1") -> str:
        """Make an empty database, or a copy of one that nobody uses. No checkpoint is due. Returns its address."""
        await self.drop(name)
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        await self.checkpoint()
        return f"{self._url.rsplit('/', 1)[0]}/{name}"

    async def drop(self, name: str) -> None:
        """Drop a database, if it is there."""
        for _ in range(50):
            try:
                return await self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            except (asyncpg.ObjectInUseError, asyncpg.InsufficientPrivilegeError):  # the server's own vacuum is in it
                await asyncio.sleep(0.2)
        raise TimeoutError(f"the database {name} can't be dropped: it is in use")

    async def settings(self) -> dict[str, str]:
        """Return the settings that make PostgreSQL fast or safe. Raises RuntimeError where it is not safe."""
        connection = await asyncpg.connect(self._url)
        try:
            names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
            found = {name: str(await connection.fetchval(f"SHOW {name}")) for name in names}
        finally:
            await connection.close()
        if not found["fsync"] == found["synchronous_commit"] == "on":
            raise RuntimeError(f"PostgreSQL would be measured without its durability: {found}")
        return found

    async def checkpoint(self) -> None:
        """Write all changed pages now, so that no checkpoint is due for a while."""
        password = json.loads((self._folder / "passwords.json").read_text())["postgres"]
        connection = await asyncpg.connect(self._url, user="postgres", password=password, database="postgres")
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
