"""Operations: what an operator does to a running hub, for the command line and for programs; each is written down."""

import getpass
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import operations
from adapters.postgres.operations import Chosen, Operation
from contracts.topics import INBOUND, INTERNAL
from contracts.wire import RawHeaders
from hub.errors import NotUsable, RecordIsUnknown
from hub.settings import Settings
from hub.wiring import engine_of
from producers.replay import Replay, Window


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something and why; `key` makes it the same act when it is asked again. `dry_run` only looks."""

    why: str
    who: str = ""
    key: str = ""
    dry_run: bool = False

    def operation(self, action: str) -> Operation:
        """Return it as it is written down."""
        return Operation(self.key or str(uuid.uuid4()), action, self.who or getpass.getuser(), self.why)


@asynccontextmanager
async def _engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = engine_of(settings)
    try:
        yield engine
    finally:
        await engine.dispose()


async def groups(settings: Settings, chosen: Chosen) -> list[dict[str, Any]]:
    """Return the failed records grouped by cause: kind, code, topic; counts, first and last time, an example."""
    async with _engine(settings) as engine:
        return await operations.groups(engine, chosen)


async def rows(settings: Settings, chosen: Chosen, limit: int) -> list[dict[str, Any]]:
    """Return the failed records one by one, the oldest first."""
    async with _engine(settings) as engine:
        return await operations.rows(engine, chosen, limit)


async def record(settings: Settings, number: int) -> dict[str, Any]:
    """Return everything about one record; raises RecordIsUnknown."""
    async with _engine(settings) as engine:
        found = await operations.row(engine, number)
    if found is None:
        raise RecordIsUnknown(number)
    return found


async def retry(settings: Settings, act: Act, chosen: Chosen, *, accept_gap: bool = False) -> dict[str, Any]:
    """Have failed records tried again; return the operation, or the groups that it would touch."""

    async def work(engine: AsyncEngine) -> int:
        return await operations.retry(engine, act.operation("retry"), chosen, accept_gap=accept_gap)

    return await _acted(settings, act, chosen, work)


async def skip(settings: Settings, act: Act, chosen: Chosen) -> dict[str, Any]:
    """Give up quarantined records, whose orders then go on."""

    async def work(engine: AsyncEngine) -> int:
        return await operations.skip(engine, act.operation("skip"), chosen)

    return await _acted(settings, act, chosen, work)


async def archive(settings: Settings, act: Act, chosen: Chosen, *, back: bool = False) -> dict[str, Any]:
    """Take dead letters out of the lists, or bring them back."""

    async def work(engine: AsyncEngine) -> int:
        return await operations.archive(engine, act.operation("restore" if back else "archive"), chosen, back=back)

    return await _acted(settings, act, chosen, work)


async def _acted(settings: Settings, act: Act, chosen: Chosen, work: Callable[[AsyncEngine], Any]) -> dict[str, Any]:
    async with _engine(settings) as engine:
        if act.dry_run:
            return {"dry_run": True, "groups": await operations.groups(engine, chosen)}
        number = await work(engine)
        return dict(await operations.progress(engine, number) or {})


async def edit(
    settings: Settings,
    act: Act,
    number: int,
    *,
    value: bytes | None = None,
    fields: Mapping[str, Any] | None = None,
    headers: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """Change a failed record and have it tried again; raises RecordIsUnknown, NotUsable.

    `value` replaces all of it, `fields` some of its JSON by path (`lines.0.quantity`); a header of None is removed.
    """
    found = await record(settings, number)
    if found["closed_batch"] is not None:
        raise NotUsable(f"record {number} is done with: {found['closed_as']}")
    new_value = value if fields is None else _with_fields(found, fields)
    new_headers = None if headers is None else _with_headers(found["edited_headers"] or found["headers"], headers)
    if act.dry_run:
        return {"dry_run": True, "value": _text(new_value), "headers": new_headers}
    async with _engine(settings) as engine:
        made = await operations.edit(engine, act.operation("edit"), number, new_headers, new_value)
        return dict(await operations.progress(engine, made) or {})


def _with_fields(found: Mapping[str, Any], fields: Mapping[str, Any]) -> bytes:
    before = found["value"] if found["edited_value"] is None else found["edited_value"]
    try:
        document = json.loads(before or b"{}")
    except ValueError as error:
        raise NotUsable(f"record {found['id']} is not JSON: give a whole new value by --value FILE") from error
    for path, value in fields.items():
        _set(document, path.split("."), value)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _set(document: Any, path: Sequence[str], value: Any) -> None:
    *steps, last = path
    try:
        for step in steps:
            document = document[int(step)] if isinstance(document, list) else document[step]
        if isinstance(document, list):
            document[int(last)] = value
        else:
            document[last] = value
    except (LookupError, ValueError, TypeError) as error:
        raise NotUsable(f"the record has no {'.'.join(path)}") from error


def _with_headers(before: RawHeaders, changes: Mapping[str, str | None]) -> RawHeaders:
    kept = tuple((name, content) for name, content in before if name not in changes)
    return (*kept, *((name, text.encode()) for name, text in changes.items() if text is not None))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


async def progress(settings: Settings, number: int) -> dict[str, Any]:
    """Return an operation and what became of its records; raises RecordIsUnknown."""
    async with _engine(settings) as engine:
        found = await operations.progress(engine, number)
    if found is None:
        raise RecordIsUnknown(number, "operation")
    return found


async def history(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """Return what operators did, the newest first."""
    async with _engine(settings) as engine:
        return await operations.history(engine, limit)


def _inbound(topic: str) -> str:
    names = [each.name for each in INBOUND]
    if topic not in names:
        raise NotUsable(f"no topic that the hub reads is called {topic}; there are {', '.join(names)}")
    return topic


async def pause_topic(settings: Settings, act: Act, topic: str, partition: int | None = None) -> int:
    """Have a topic, or one of its partitions, read no further; return how many partitions that are."""
    name = _inbound(topic)
    async with _engine(settings) as engine:
        return 0 if act.dry_run else await operations.pause_topic(engine, act.operation("pause topic"), name, partition)


async def resume_topic(settings: Settings, act: Act, topic: str, partition: int | None = None) -> int:
    """Have a paused topic, or one of its partitions, read on; return how many partitions that are."""
    name = _inbound(topic)
    async with _engine(settings) as engine:
        if act.dry_run:
            return 0
        return await operations.resume_topic(engine, act.operation("resume topic"), name, partition)


async def pause_partner(settings: Settings, act: Act, source: str) -> bool:
    """Keep what a partner (a CloudEvents source) says until it is resumed; False where it is paused already."""
    async with _engine(settings) as engine:
        return act.dry_run or await operations.pause_source(engine, act.operation("pause partner"), source)


async def resume_partner(settings: Settings, act: Act, source: str) -> bool:
    """Let a paused partner's records go on, the kept ones first; False where it isn't paused."""
    async with _engine(settings) as engine:
        return act.dry_run or await operations.resume_source(engine, act.operation("resume partner"), source)


async def replay(settings: Settings, act: Act, window: Window) -> int:
    """Write the records of a window again; return how many. With the same key an interrupted replay goes on."""
    if _inbound(window.topic) == INTERNAL.name:
        raise NotUsable(f"{INTERNAL.name} holds what orders tell each other; it is not replayed from outside")
    told = {"topic": window.topic, "since": str(window.since), "until": str(window.until), "limit": window.limit}
    told |= {"partition": window.partition, "order": None if window.key is None else window.key.decode()}
    async with _engine(settings) as engine:
        if act.dry_run:
            return await Replay(settings.connection(), window, {}).run(_unnoted, dry_run=True)
        wish = {name: value for name, value in told.items() if value is not None}
        number, done = await operations.begin_replay(engine, act.operation("replay"), wish)

        async def note(progress: Mapping[str, int], sent: int) -> None:
            await operations.note_replay(engine, number, progress, sent)

        sent = await Replay(settings.connection(), window, done).run(note, dry_run=False)
        await operations.end_replay(engine, number)
    return sent


async def _unnoted(_: Mapping[str, int], __: int) -> None:
    """Keep nothing: nothing was done."""


async def partners(settings: Settings) -> list[dict[str, Any]]:
    """Return the paused partners, with how many of their records are kept."""
    async with _engine(settings) as engine:
        return await operations.pauses(engine)


async def pause_shard(settings: Settings, act: Act, number: int) -> bool:
    """Stop a shard until it is resumed; False where it is stopped already."""
    async with _engine(settings) as engine:
        return act.dry_run or await operations.pause_shard(engine, act.operation("pause shard"), number)


async def resume_shard(settings: Settings, act: Act, number: int) -> bool:
    """Let a stopped shard run again; False where it isn't stopped."""
    async with _engine(settings) as engine:
        return act.dry_run or await operations.resume_shard(engine, act.operation("resume shard"), number)
