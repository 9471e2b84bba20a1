"""The session of a shard's owner: its connection, and the token that fences the owners before it."""

import asyncio
import secrets
from typing import Any, Final

import asyncpg

# A frozen owner must not hold its shard's row: the server itself ends what it left open. An owner looks rows up by
# their keys and nothing else: no plan that was made while a table was small may read it whole when it is large.
SETTINGS: Final = {
    "application_name": "hub-shard",
    "idle_in_transaction_session_timeout": "3000",
    "transaction_timeout": "20000",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "jit": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
COMMAND_SECONDS: Final = 15.0
_GONE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What a connection says that is broken; uvloop says it by a RuntimeError, too."""


class Session:
    """A connection of a shard's own, opened anew at each take-over."""

    def __init__(self, dsn: str, shard: int, *, ssl: object | None = None) -> None:
        self.shard = shard
        self.token = ""
        self.connection: Any = None
        self._dsn = dsn.replace("postgresql+asyncpg://", "postgresql://")
        self._ssl = ssl

    async def open(self) -> None:
        """Connect, with a fresh token that nobody else knows."""
        await self.close()
        arguments: dict[str, Any] = {} if self._ssl is None else {"ssl": self._ssl}
        self.connection = await asyncpg.connect(
            self._dsn, server_settings=SETTINGS, command_timeout=COMMAND_SECONDS, timeout=COMMAND_SECONDS, **arguments
        )
        self.token = secrets.token_hex(16)

    async def copy(self, table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        """Append rows to a table by COPY."""
        await self.connection.copy_records_to_table(table, records=rows, columns=columns, timeout=COMMAND_SECONDS)

    async def roll_back(self, transaction: Any) -> None:
        """Take a transaction back, or end the connection that doesn't answer."""
        try:
            await asyncio.wait_for(transaction.rollback(), 2)
        except (*_GONE, RuntimeError):
            self.connection.terminate()

    async def close(self) -> None:
        """End the connection, politely if the server still listens."""
        connection, self.connection = self.connection, None
        if connection is None:
            return
        try:
            await asyncio.wait_for(connection.close(), 1)
        except (*_GONE, RuntimeError):
            connection.terminate()
