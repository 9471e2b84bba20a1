"""The one table of failures: which error is what, and what happens then."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import asyncpg
from aiokafka.errors import KafkaError

from adapters.errors import LostShard, ReaderEnded, ShardAccident, StoreRefused, TwoWriters, UnknownOutcome


class Treatment(StrEnum):
    """What the shard does about a failure of its batch."""

    LEAVE = "leave"
    STOP = "stop"
    HALVE = "halve"
    TAKE_OVER = "take over"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Failure:
    """A row: errors of these classes get this treatment, for this reason."""

    errors: tuple[type[BaseException], ...]
    treatment: Treatment
    why: str


TABLE: Final[tuple[Failure, ...]] = (
    Failure((LostShard,), Treatment.LEAVE, "another process owns the shard; ours is over"),
    Failure(
        (ReaderEnded,), Treatment.LEAVE, "a client that has ended can't be revived; the next owner makes a new one"
    ),
    Failure((ShardAccident, TwoWriters), Treatment.STOP, "the log or the store isn't what it was; a person must look"),
    Failure((StoreRefused,), Treatment.HALVE, "some record can't be stored; its order is found and quarantined"),
    Failure((UnknownOutcome,), Treatment.TAKE_OVER, "a commit may have happened; the batch is never tried again"),
    Failure(
        (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, KafkaError, OSError, TimeoutError),
        Treatment.TAKE_OVER,
        "a server is away or slow; the shard waits and takes itself over",
    ),
    Failure((Exception,), Treatment.BUG, "the pipeline itself failed; tried again, and stopped past a limit"),
)


CLOSED: Final = "the handler is closed"
"""What uvloop says, in a RuntimeError, to somebody who writes to a connection that was reset; others say OSError."""


def treatment(error: BaseException) -> Treatment:
    """Return what to do about an error."""
    if isinstance(error, RuntimeError) and CLOSED in str(error):
        error = ConnectionResetError(str(error))
    return next(row.treatment for row in TABLE if isinstance(error, row.errors))
