"""The calls of a gateway in PostgreSQL: taken down once, claimed by one process at a time, and never forgotten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, overload

from sqlalchemy import ColumnElement, Text, and_, case, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.calls import leases
from adapters.postgres.tables.gateway_calls import gateway_calls as calls
from adapters.postgres.tables.journal import journal


class State(StrEnum):
    """Where a call stands."""

    RECEIVED = "received"
    """Nothing was sent yet, or what was sent certainly did nothing."""
    SENDING = "sending"
    """It is on its way; where its owner is gone, its outcome is unknown."""
    UNKNOWN = "unknown"
    """It was sent, and whether it was done is unknown: the provider is asked."""
    PENDING = "pending"
    """The provider has taken it on and hasn't finished: it is asked."""
    GIVEN_UP = "given_up"
    """It was tried so often that a person should look; it is asked on, slowly."""
    SETTLED = "settled"
    """The answer is known and not yet published."""
    ANSWERED = "answered"
    """Kafka has acknowledged the answer."""
    NOT_OURS = "not_ours"
    """Nothing to call: a cheque, answered before this gateway was there, or dismissed by a person."""
    UNREADABLE = "unreadable"
    """The request breaks its contract, or the hub did not write it."""


CLOSED: Final = (State.ANSWERED, State.NOT_OURS, State.UNREADABLE)
IN_THE_WAY: Final = (State.RECEIVED, State.SENDING, State.UNKNOWN, State.GIVEN_UP, State.SETTLED)
"""States in which a call holds up the later ones of its order."""
WORTH_A_LOOK: Final = (State.UNKNOWN, State.GIVEN_UP, State.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was read from the log."""

    request_id: str
    order_id: str
    kind: str
    payment_id: str | None
    amount: int
    currency: str
    partition: int
    offset: int
    digest: bytes
    message_type: str
    message: bytes
    state: State
    last_error: str | None = None
    trace: bytes | None = None

    def row(self) -> dict[str, Any]:
        """Return it as a new row."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**named, "seen_offset": self.offset}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours until its lease ends; `claim` is the number to write with."""

    request_id: str
    order_id: str
    state: State
    message_type: str
    message: bytes
    tries: int
    claim: int
    answer_type: str | None
    answer_id: str | None
    answer: bytes | None
    known_at: datetime | None
    trace: bytes | None

    def stored_answer(self) -> tuple[tuple[str, str, bytes], datetime]:
        """Return the answer (type, event id, bytes) of a settled call, and its time."""
        assert self.answer_type is not None
        assert self.answer_id is not None
        assert self.answer is not None
        assert self.known_at is not None
        return (self.answer_type, self.answer_id, self.answer), self.known_at


class GatewayCalls:
    """The table's reads and writes; `lease` is how long a claim lasts."""

    def __init__(self, engine: AsyncEngine, lease: timedelta) -> None:
        self._engine = engine
        self._lease = lease

    async def take_down(self, asked: Sequence[Asked]) -> None:
        """Store requests, all or none; one that is there already is answered again, not called again."""
        async with self._engine.begin() as connection:
            before = await _answered_before(connection, asked)
            # Everybody in the same order: two processes that take down the same requests wait, and don't deadlock.
            for each in sorted(asked, key=lambda each: (each.request_id, each.offset)):
                row = each.row()
                if each.state is State.RECEIVED and (each.order_id, each.request_id) in before:
                    row |= {"state": State.NOT_OURS, "last_error": "answered before this gateway read it"}
                await connection.execute(_first_or_again(row))

    async def claim(self, limit: int) -> list[Claimed]:
        """Claim up to `limit` rows whose time has come and whose order's earlier calls are out of the way."""
        earlier = calls.alias("earlier")
        waits = exists().where(
            earlier.c.order_id == calls.c.order_id,
            earlier.c.offset < calls.c.offset,
            earlier.c.state.in_(IN_THE_WAY),
        )
        ready = (
            select(calls.c.request_id)
            .where(calls.c.state.not_in(CLOSED), calls.c.next_at <= func.now(), leases.is_free(calls), ~waits)
            .order_by(calls.c.next_at)
            .limit(limit)
        )
        columns = [calls.c[name] for name in Claimed.__dataclass_fields__]
        statement = leases.claiming(calls, calls.c.request_id, leases.locked(ready), self._lease, *columns)
        async with self._engine.begin() as connection:
            rows = (await connection.execute(statement)).mappings().all()
        return [Claimed(**{**row, "state": State(row["state"])}) for row in rows]

    async def sending(self, mine: Claimed) -> bool:
        """Say that the call leaves now; False where it isn't ours any more, and then it must not."""
        in_time = calls.c.lease_until > func.now()
        return await self._write(mine, in_time, state=State.SENDING, attempts=calls.c.attempts + 1)

    async def settle(self, mine: Claimed, answer: tuple[str, str, bytes], provider_id: str | None) -> datetime | None:
        """Store the answer (type, event id, bytes); return its time, None where the row isn't ours any more."""
        name, event_id, data = answer
        statement = (
            update(calls)
            .where(*_ours(mine))
            .values(
                state=State.SETTLED,
                answer_type=name,
                answer_id=event_id,
                answer=data,
                provider_id=_storable(provider_id),
                known_at=func.now(),
                last_error=None,
            )
            .returning(calls.c.known_at)
        )
        async with self._engine.begin() as connection:
            known_at: datetime | None = await connection.scalar(statement)
        return known_at

    async def postpone(
        self,
        mine: Claimed,
        state: State,
        pause: float,
        why: str,
        *,
        doubt: bool = False,
        provider_id: str | None = None,
    ) -> bool:
        """Let go of a row and come back to it in `pause` seconds; an answer that was stored stays the answer."""
        return await self._write(
            mine,
            state=case((calls.c.answer.is_not(None), State.SETTLED), else_=state),
            tries=calls.c.tries + 1,
            doubts=calls.c.doubts + int(doubt),
            next_at=func.now() + timedelta(seconds=pause),
            lease_until=None,
            last_error=_storable(why)[:500],
            provider_id=func.coalesce(literal(_storable(provider_id), Text), calls.c.provider_id),
        )

    async def answered(self, mine: Claimed) -> bool:
        """Say that Kafka has the answer."""
        return await self._write(mine, state=State.ANSWERED, answered_at=func.now(), lease_until=None)

    async def _write(self, mine: Claimed, *further: ColumnElement[bool], **changed: Any) -> bool:
        statement = update(calls).where(*_ours(mine), *further).values(**changed)
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).rowcount == 1


@overload
def _storable(text: str) -> str: ...
@overload
def _storable(text: None) -> None: ...
def _storable(text: str | None) -> str | None:
    """Return what of a foreign text PostgreSQL can hold."""
    return None if text is None else text.encode(errors="replace").decode().replace("\x00", "")


def _ours(mine: Claimed) -> tuple[ColumnElement[bool], ...]:
    return leases.ours(calls, calls.c.request_id, mine)


def _first_or_again(row: dict[str, Any]) -> Any:
    """Return the statement that takes a request down; a copy that lies further on asks for the answer once more."""
    fresh = insert(calls).values(**row)
    new, same = fresh.excluded, calls.c.digest == fresh.excluded.digest
    told = case((and_(calls.c.state == State.ANSWERED, same), State.SETTLED), else_=calls.c.state)
    other = literal("asked for again with other content, which was ignored", Text)
    return fresh.on_conflict_do_update(
        index_elements=["request_id"],
        set_={
            "seen_offset": new.seen_offset,
            "state": told,
            "next_at": case((calls.c.state == State.ANSWERED, func.now()), else_=calls.c.next_at),
            "last_error": case((same, calls.c.last_error), else_=other),
        },
        where=calls.c.seen_offset < new.seen_offset,
    )


async def _answered_before(connection: AsyncConnection, asked: Iterable[Asked]) -> set[tuple[str, str]]:
    """Return the requests that the hub has an answer to: a new gateway must not do again what another one did."""
    orders = sorted({each.order_id for each in asked})
    request_id = journal.c.data["fact"]["request_id"].astext
    statement = select(journal.c.order_id, request_id).where(
        journal.c.order_id.in_(orders), journal.c.topic == "payment.events", request_id.is_not(None)
    )
    return {(row[0], row[1]) for row in await connection.execute(statement)} if orders else set()
