"""The one table of failures: which error is what, and what happens then."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import asyncpg
from aiokafka import errors as kafka
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from adapters.errors import (
    LostShard,
    NumberTaken,
    Overtaken,
    ReaderEnded,
    ShardAccident,
    ShardCountDiffers,
    StoreRefused,
    TwoWriters,
    UnknownOutcome,
)
from adapters.own_words import LONGEST, own_words
from contracts.decoding import BrokenContract


class Treatment(StrEnum):
    """What is done about a failure."""

    DEAD_LETTER = "dead letter"
    QUARANTINE = "quarantine"
    LEAVE = "leave"
    STOP = "stop"
    HALVE = "halve"
    AGAIN = "again"
    TAKE_OVER = "take over"
    BUG = "bug"


class FailureKind(StrEnum):
    """What a failure is."""

    POISON = "poison"
    TRANSIENT = "transient"
    SETUP = "setup"
    UNKNOWN = "unknown outcome"
    LOST = "lost"
    ACCIDENT = "accident"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Failure:
    """A row: errors of these classes, for PostgreSQL with these beginnings of SQLSTATE, get this treatment."""

    errors: tuple[type[BaseException], ...]
    kind: FailureKind
    treatment: Treatment
    why: str
    sqlstates: tuple[str, ...] = ()

    def fits(self, error: BaseException) -> bool:
        """Tell whether an error is of this row."""
        state = str(getattr(error, "sqlstate", "") or "")
        return isinstance(error, self.errors) and (not self.sqlstates or state.startswith(self.sqlstates))


RECORDS: Final[tuple[Failure, ...]] = (
    Failure(
        (BrokenContract,),
        FailureKind.POISON,
        Treatment.DEAD_LETTER,
        "the record can't be read; its neighbours are not delayed",
    ),
    Failure((Exception,), FailureKind.BUG, Treatment.QUARANTINE, "a rule failed; its order waits, all others go on"),
)
"""What fails with one record: reading it, deciding on it, or encoding what it leads to."""

TABLE: Final[tuple[Failure, ...]] = (
    Failure((LostShard,), FailureKind.LOST, Treatment.LEAVE, "another process owns the shard; ours is over"),
    Failure(
        (ShardCountDiffers,),
        FailureKind.LOST,
        Treatment.LEAVE,
        "the shards were split; this process knows the old ones",
    ),
    Failure(
        (ReaderEnded,),
        FailureKind.TRANSIENT,
        Treatment.LEAVE,
        "a client that has ended can't be revived; the next owner makes a new one",
    ),
    Failure(
        (ShardAccident, TwoWriters),
        FailureKind.ACCIDENT,
        Treatment.STOP,
        "the log or the store isn't what it was, or a limit is passed; a person must look",
    ),
    Failure(
        (StoreRefused,),
        FailureKind.POISON,
        Treatment.HALVE,
        "some record leads to what can't be stored; its order is found and quarantined",
    ),
    Failure(
        (Overtaken,), FailureKind.TRANSIENT, Treatment.AGAIN, "an operator changed a record meanwhile; it is read anew"
    ),
    Failure(
        (NumberTaken,), FailureKind.TRANSIENT, Treatment.AGAIN, "a number went to another order; it is looked up anew"
    ),
    Failure(
        (UnknownOutcome,),
        FailureKind.UNKNOWN,
        Treatment.TAKE_OVER,
        "a commit may have happened; the batch is never tried again",
    ),
    Failure(
        (asyncpg.DataCorruptedError, asyncpg.IndexCorruptedError),
        FailureKind.ACCIDENT,
        Treatment.STOP,
        "what is stored is damaged; a person must look",
    ),
    Failure(
        (asyncpg.PostgresError,),
        FailureKind.SETUP,
        Treatment.TAKE_OVER,
        "PostgreSQL refuses who asks, or has no such database, table or permission; the shard waits, and says so",
        ("28", "3D", "42"),
    ),
    Failure(
        (
            kafka.TopicAuthorizationFailedError,
            kafka.GroupAuthorizationFailedError,
            kafka.ClusterAuthorizationFailedError,
            kafka.TransactionalIdAuthorizationFailed,
            kafka.AuthenticationFailedError,
            kafka.AuthenticationMethodNotSupported,
            kafka.SaslAuthenticationFailed,
            kafka.UnsupportedSaslMechanismError,
            kafka.UnknownTopicOrPartitionError,
        ),
        FailureKind.SETUP,
        Treatment.TAKE_OVER,
        "Kafka refuses who asks, or has no such topic; the shard waits, and says so",
    ),
    Failure(
        (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, KafkaError, OSError, TimeoutError),
        FailureKind.TRANSIENT,
        Treatment.TAKE_OVER,
        "a server is away, full or slow; the shard waits, longer each time, and takes itself over",
    ),
    Failure(
        (Exception,),
        FailureKind.BUG,
        Treatment.BUG,
        "the pipeline itself failed; tried again, and stopped past a limit",
    ),
)
"""What fails with a whole batch; the first row that fits counts."""


def failure(error: BaseException) -> Failure:
    """Return the row of an error that failed a batch, or a start; SQLAlchemy's wrapping is taken off."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    if isinstance(error, RuntimeError) and CLOSED in str(error):
        error = ConnectionResetError(str(error))
    if isinstance(error, AssertionError) and NOBODY in str(error):
        error = kafka.KafkaConnectionError(str(error))
    return next(row for row in TABLE if row.fits(error))


CLOSED: Final = "the handler is closed"
"""What uvloop says, in a RuntimeError, to somebody who writes to a connection that was reset; others say OSError."""


NOBODY: Final = "Did we not perform bootstrap?"
"""What aiokafka says, in an AssertionError, after a broker that was just starting has told it of no broker at all."""


def described(error: BaseException) -> str:
    """Return what is said of an error that failed a batch: what a server says, or a bug in our own words."""
    if failure(error).kind is FailureKind.BUG:
        return own_words(error)
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(error).__name__}: {cause}"[:LONGEST]


def treatment(error: BaseException) -> Treatment:
    """Return what to do about an error that failed a batch."""
    return failure(error).treatment
