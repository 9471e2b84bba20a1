"""Which servers a command uses: the named ones, those that `hub up` runs, or embedded ones started for it."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from adapters.embedded import Addresses, EmbeddedServers, Progress
from hub.desk import database, open_desk, topics
from hub.desk.tokens import new_pair
from hub.errors import NoServer, OneServerIsNamed, ServerEnded, ServerIsAway, ServersAreNamed
from hub.settings import Settings

RUNNING = "running.json"


NAMES = ("HUB_KAFKA__BOOTSTRAP_SERVERS", "HUB_DATABASE__URL")


def are_named(settings: Settings) -> bool:
    """Tell whether settings name both servers. Raises OneServerIsNamed: a named one and one of ours fit never."""
    named = [settings.kafka.bootstrap_servers is not None, settings.database.url is not None]
    if any(named) and not all(named):
        raise OneServerIsNamed(NAMES[named.index(True)], NAMES[named.index(False)])
    return all(named)


def attached(settings: Settings) -> Settings:
    """Return settings with both servers known: named ones, or those of the `hub up` of this folder.

    Raises NoServer or OneServerIsNamed.
    """
    if are_named(settings):
        return settings
    running = settings.data / RUNNING
    if not running.exists():
        raise NoServer(str(running))
    found = json.loads(running.read_text())
    known = at(settings, found["bootstrap_servers"], found["database_url"], found["token_key"])
    return with_api_key(known, found.get("api_key"))


def at(settings: Settings, bootstrap_servers: str, database_url: str, token_key: str | None = None) -> Settings:
    """Return settings that name these servers."""
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": bootstrap_servers})
    database = settings.database.model_copy(update={"url": SecretStr(database_url)})
    key = settings.token_key or (SecretStr(token_key) if token_key else None)
    return settings.model_copy(update={"kafka": kafka, "database": database, "token_key": key})


def with_api_key(settings: Settings, key: str | None) -> Settings:
    """Return settings in which the API has a key to sign with, where it has none yet."""
    if settings.api.key is not None or key is None:
        return settings
    return settings.model_copy(update={"api": settings.api.model_copy(update={"key": SecretStr(key)})})


@dataclass(frozen=True, slots=True)
class Running:
    """Embedded servers that run."""

    both: EmbeddedServers
    addresses: Addresses

    def check(self) -> None:
        """Raise ServerEnded where one of them is gone."""
        for name, number in (("Kafka", self.both.kafka_pid), ("PostgreSQL", self.both.postgres_pid)):
            try:
                os.kill(number, 0)
            except ProcessLookupError as error:
                raise ServerEnded(name, str(self.addresses.folder)) from error


@asynccontextmanager
async def embedded(settings: Settings, progress: Progress, *, keep: bool) -> AsyncIterator[tuple[Settings, Running]]:
    """Run embedded servers in the settings' folder; other commands of the folder find them meanwhile.

    Raises ServersAreNamed, OneServerIsNamed: what is done to servers that were just made must not be done to others.
    """
    if are_named(settings):
        raise ServersAreNamed(NAMES)
    both = EmbeddedServers(settings.data / "servers", keep=keep, progress=progress)
    try:
        addresses = await asyncio.to_thread(both.start)
        try:
            yield announce(settings, addresses), Running(both, addresses)
        finally:
            withdraw(settings.data)
    finally:
        await asyncio.to_thread(both.stop)


def announce(settings: Settings, addresses: Addresses) -> Settings:
    """Write down where the embedded servers are, for the other commands of this folder; return the settings."""
    key = settings.data / "token.key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_hex(32))
    token_key = key.read_text()
    api_key = settings.data / "api.key"
    if not api_key.exists():
        api_key.touch(mode=0o600)
        api_key.write_text(new_pair()[0])
    running = settings.data / RUNNING
    running.touch(mode=0o600)
    running.write_text(
        json.dumps(
            {
                "bootstrap_servers": addresses.bootstrap_servers,
                "database_url": addresses.database_url,
                "token_key": token_key,
                "api_key": api_key.read_text(),
            }
        )
    )
    known = at(settings, addresses.bootstrap_servers, addresses.database_url, token_key)
    return with_api_key(known, api_key.read_text())


def withdraw(folder: Path) -> None:
    """Say that the embedded servers of this folder are gone."""
    (folder / RUNNING).unlink(missing_ok=True)


async def prepare(settings: Settings, step: Callable[[str], None]) -> None:
    """Bring the database and the topics up to date; raises ServerIsAway."""
    async with open_desk(settings) as desk:
        step("Bringing the database up to date")
        try:
            await database.upgrade(desk)
        except (OSError, TimeoutError) as error:
            where = settings.database_address()
            raise ServerIsAway("PostgreSQL", where, str(error), "HUB_DATABASE__URL") from error
        step("Creating topics")
        await topics.apply(desk)


def with_token(settings: Settings) -> Settings:
    """Return settings that have a token key, drawn where none is named."""
    if settings.token_key is not None:
        return settings
    return settings.model_copy(update={"token_key": SecretStr(secrets.token_hex(32))})
