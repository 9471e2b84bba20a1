"""Acts of the API by their idempotency keys, and where the answers to them lie: found by keys, not waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import partner_hours
from adapters.postgres.tables.api import api_call, api_refusal, api_sign_in

KEPT: Final = timedelta(days=7)
REFUSALS_KEPT: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Call:
    """An act that was accepted: whose, by which key, for which order, and where the log took its command, if known."""

    caller: str
    key: str
    fingerprint: bytes
    command_id: str
    type: str
    order_id: str
    at: datetime
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    answer: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a command: a row of its order's journal, or a record that was set aside.

    `messages` are the packed bytes that it published; `kind`, `code` and `detail` tell of a record set aside.
    """

    command_id: str
    outcome: str
    version: int
    messages: bytes | None
    code: str | None = None
    detail: str | None = None


_COLUMNS: Final = [api_call.c[name] for name in Call.__dataclass_fields__]


async def accept(
    engine: AsyncEngine, caller: str, key: str, fingerprint: bytes, command_id: str, type_: str, order_id: str
) -> tuple[Call, bool]:
    """Write an act down, once for each key; returns what stands there, and whether it is new."""
    async with engine.begin() as connection:
        return await accept_in(connection, caller, key, fingerprint, command_id, type_, order_id)


async def accept_in(
    connection: AsyncConnection, caller: str, key: str, fingerprint: bytes, command_id: str, type_: str, order_id: str
) -> tuple[Call, bool]:
    """Do the same in a transaction that also does what is asked for; who repeats it meanwhile waits for its end."""
    values = {
        "caller": caller,
        "key": key,
        "fingerprint": fingerprint,
        "command_id": command_id,
        "type": type_,
        "order_id": order_id,
    }
    statement = upsert(api_call).values(**values).on_conflict_do_nothing().returning(*_COLUMNS)
    row = (await connection.execute(statement)).mappings().first()
    if row is not None:
        return Call(**row), True
    here = (api_call.c.caller == caller, api_call.c.key == key)
    return Call(**(await connection.execute(select(*_COLUMNS).where(*here))).mappings().one()), False


async def answer_in(connection: AsyncConnection, command_id: str, answer: Mapping[str, object]) -> None:
    """Keep what an act was answered, for whoever repeats it."""
    statement = update(api_call).where(api_call.c.command_id == command_id).values(answer=dict(answer))
    await connection.execute(statement)


async def published(engine: AsyncEngine, command_id: str, topic: str, partition: int, offset: int) -> None:
    """Note where the log took a command."""
    statement = (
        update(api_call)
        .where(api_call.c.command_id == command_id)
        .values(topic=topic, partition=partition, offset=offset)
    )
    async with engine.begin() as connection:
        await connection.execute(statement)


async def find(engine: AsyncEngine, caller: str, command_id: str) -> Call | None:
    """Return a caller's own act by the id of its command."""
    statement = select(*_COLUMNS).where(api_call.c.command_id == command_id, api_call.c.caller == caller)
    async with engine.connect() as connection:
        row = (await connection.execute(statement)).mappings().first()
    return None if row is None else Call(**row)


async def fingerprint_of(engine: AsyncEngine, caller: str, key: str) -> bytes | None:
    """Return what tells the act of a caller's key from others; None where he has not used the key."""
    statement = select(api_call.c.fingerprint).where(api_call.c.caller == caller, api_call.c.key == key)
    async with engine.connect() as connection:
        found: bytes | None = await connection.scalar(statement)
    return found


_JOURNAL: Final = text(
    """SELECT j.event_id AS command_id, j.outcome, j.version, j.messages
    FROM unnest(CAST(:orders AS text[]), CAST(:commands AS text[])) AS asked(order_id, event_id)
    JOIN journal j ON j.order_id = asked.order_id AND j.source = :source AND j.event_id = asked.event_id
      AND j.refers_to IS NULL"""
)
_ANSWERS: Final = text(
    """SELECT s.event_id AS command_id, s.kind AS outcome, 0 AS version, s.message AS messages, s.code, s.detail
    FROM unnest(CAST(:orders AS text[]), CAST(:commands AS text[])) AS asked(order_id, event_id)
    JOIN set_aside s ON s.order_id = asked.order_id AND s.source = :source AND s.event_id = asked.event_id
      AND s.kind = 'answer'"""
)
_ASIDE: Final = text(
    """SELECT DISTINCT ON (asked.event_id)
      asked.event_id AS command_id, s.kind AS outcome, 0 AS version, s.message AS messages, s.code, s.detail
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:offsets AS bigint[]),
      CAST(:commands AS text[])) AS asked(topic, partition, "offset", event_id)
    JOIN set_aside s ON s.topic = asked.topic AND s.partition = asked.partition AND s."offset" = asked."offset"
      AND s.kind <> 'answer'
    ORDER BY asked.event_id, s.closed_batch IS NULL DESC, s.id DESC"""
)
"""What became of a record last: one that was given up lies there twice, as it waited and as a dead letter."""


async def answers(engine: AsyncEngine, source: str, calls: Sequence[Call]) -> dict[str, Found]:
    """Return what became of these acts' commands, as far as anything did: three questions, however many they are."""
    asked = {"orders": [each.order_id for each in calls], "commands": [each.command_id for each in calls]}
    placed = [each for each in calls if each.offset is not None]
    found: dict[str, Found] = {}
    async with engine.connect() as connection:
        if placed:
            places = {
                "topics": [each.topic for each in placed],
                "partitions": [each.partition for each in placed],
                "offsets": [each.offset for each in placed],
                "commands": [each.command_id for each in placed],
            }
            found |= _by_command((await connection.execute(_ASIDE, places)).mappings())
        for question in (_ANSWERS, _JOURNAL):  # what the journal says counts most
            found |= _by_command((await connection.execute(question, {**asked, "source": source})).mappings())
    return found


def _by_command(rows: Any) -> dict[str, Found]:
    return {row["command_id"]: Found(**row) for row in rows}


async def tidy(engine: AsyncEngine) -> int:
    """Drop what is kept no longer; returns how many rows."""
    async with engine.begin() as connection:
        old = delete(api_call).where(api_call.c.at < func.now() - KEPT)
        older = delete(api_refusal).where(api_refusal.c.at < func.now() - REFUSALS_KEPT)
        signed = delete(api_sign_in).where(api_sign_in.c.at < func.now() - REFUSALS_KEPT)
        dropped = sum([(await connection.execute(each)).rowcount for each in (old, older, signed)])
        return dropped + await partner_hours.tidy(connection)
