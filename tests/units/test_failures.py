"""The table of failures: which error is what."""

import asyncpg
import pytest
from aiokafka import errors as kafka
from pydantic import TypeAdapter, ValidationError
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
from adapters.failpoints import Swallowed
from consumers.shard.failures import RECORDS, TABLE, FailureKind, Treatment, failure, treatment


def invalid() -> ValidationError:
    try:
        TypeAdapter(int).validate_python("no number")
    except ValidationError as error:
        return error
    raise AssertionError("a word was taken for a number")


CASES: list[tuple[Exception, Treatment]] = [
    (LostShard(3), Treatment.LEAVE),
    (ShardCountDiffers(4, 2), Treatment.LEAVE),
    (ReaderEnded(3), Treatment.LEAVE),
    (ShardAccident(3, "retention removed records", "Replay them"), Treatment.STOP),
    (TwoWriters(3), Treatment.STOP),
    (asyncpg.DataCorruptedError(), Treatment.STOP),
    (asyncpg.IndexCorruptedError(), Treatment.STOP),
    (StoreRefused("22021", "a NUL"), Treatment.HALVE),
    (Overtaken(3), Treatment.AGAIN),
    (NumberTaken(3), Treatment.AGAIN),
    (UnknownOutcome("Kafka", "no answer"), Treatment.TAKE_OVER),
    (asyncpg.InvalidPasswordError(), Treatment.TAKE_OVER),
    (kafka.TopicAuthorizationFailedError(), Treatment.TAKE_OVER),
    (kafka.GroupAuthorizationFailedError(), Treatment.TAKE_OVER),
    (kafka.ClusterAuthorizationFailedError(), Treatment.TAKE_OVER),
    (kafka.TransactionalIdAuthorizationFailed(), Treatment.TAKE_OVER),
    (kafka.AuthenticationFailedError(), Treatment.TAKE_OVER),
    (kafka.AuthenticationMethodNotSupported(), Treatment.TAKE_OVER),
    (kafka.SaslAuthenticationFailed(), Treatment.TAKE_OVER),
    (kafka.UnsupportedSaslMechanismError(), Treatment.TAKE_OVER),
    (kafka.UnknownTopicOrPartitionError(), Treatment.TAKE_OVER),
    (asyncpg.ConnectionDoesNotExistError(), Treatment.TAKE_OVER),
    (asyncpg.CannotConnectNowError(), Treatment.TAKE_OVER),
    (asyncpg.DeadlockDetectedError(), Treatment.TAKE_OVER),
    (asyncpg.IdleInTransactionSessionTimeoutError(), Treatment.TAKE_OVER),
    (asyncpg.InterfaceError("the connection is closed"), Treatment.TAKE_OVER),
    # What asyncpg says to whoever asks on while the server's farewell to an idle session is still being read.
    (
        asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
        Treatment.TAKE_OVER,
    ),
    (kafka.KafkaConnectionError(), Treatment.TAKE_OVER),
    (kafka.ProducerFenced(), Treatment.TAKE_OVER),
    (kafka.InvalidProducerIdMapping(), Treatment.TAKE_OVER),
    (kafka.OffsetOutOfRangeError(), Treatment.TAKE_OVER),
    (ConnectionRefusedError(), Treatment.TAKE_OVER),
    (Swallowed("at committed"), Treatment.TAKE_OVER),
    (TimeoutError(), Treatment.TAKE_OVER),
    (
        RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
        Treatment.TAKE_OVER,
    ),
    (AssertionError("Did we not perform bootstrap?"), Treatment.TAKE_OVER),
    (RuntimeError("dictionary changed size during iteration"), Treatment.BUG),
    (invalid(), Treatment.BUG),
    (KeyError("order"), Treatment.BUG),
    (AssertionError(), Treatment.BUG),
    (RecursionError(), Treatment.BUG),
]


@pytest.mark.parametrize(("error", "expected"), CASES, ids=lambda value: type(value).__name__)
def test_an_error_gets_its_treatment(error: Exception, expected: Treatment) -> None:
    assert treatment(error) is expected


@pytest.mark.parametrize("number", range(len(TABLE)))
def test_every_class_of_the_table_has_a_case(number: int) -> None:
    row = TABLE[number]

    covered = {kind for kind in row.errors for error, expected in CASES if isinstance(error, kind)}

    assert covered == set(row.errors)


KINDS: list[tuple[Exception, FailureKind]] = [
    (asyncpg.InvalidPasswordError(), FailureKind.SETUP),
    (asyncpg.InvalidCatalogNameError(), FailureKind.SETUP),
    (asyncpg.UndefinedTableError(), FailureKind.SETUP),
    (asyncpg.InsufficientPrivilegeError(), FailureKind.SETUP),
    (asyncpg.DiskFullError(), FailureKind.TRANSIENT),
    (asyncpg.TooManyConnectionsError(), FailureKind.TRANSIENT),
    (asyncpg.ReadOnlySQLTransactionError(), FailureKind.TRANSIENT),
    (asyncpg.AdminShutdownError(), FailureKind.TRANSIENT),
    (asyncpg.CannotConnectNowError(), FailureKind.TRANSIENT),
    (asyncpg.SerializationError(), FailureKind.TRANSIENT),
    (asyncpg.QueryCanceledError(), FailureKind.TRANSIENT),
    (kafka.KafkaConnectionError(), FailureKind.TRANSIENT),
    (kafka.TopicAuthorizationFailedError(), FailureKind.SETUP),
    (UnknownOutcome("PostgreSQL", "no answer"), FailureKind.UNKNOWN),
    (DBAPIError("SELECT 1", None, asyncpg.InvalidPasswordError()), FailureKind.SETUP),
]


@pytest.mark.parametrize(("error", "kind"), KINDS, ids=lambda value: type(value).__name__)
def test_what_needs_a_person_is_told_from_what_passes(error: Exception, kind: FailureKind) -> None:
    assert failure(error).kind is kind


def test_no_row_hides_a_later_one() -> None:
    for number, row in enumerate(TABLE):
        earlier = tuple(kind for before in TABLE[:number] if not before.sqlstates for kind in before.errors)
        assert not [kind.__name__ for kind in row.errors if issubclass(kind, earlier)]


def test_every_treatment_is_in_the_table_with_its_reason() -> None:
    assert {row.treatment for row in (*RECORDS, *TABLE)} == set(Treatment)
    assert {row.kind for row in (*RECORDS, *TABLE)} == set(FailureKind)
    assert all(row.why for row in (*RECORDS, *TABLE))
