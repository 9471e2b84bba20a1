"""The table of failures: which error is what."""

import asyncpg
import pytest
from aiokafka import errors as kafka
from pydantic import TypeAdapter, ValidationError

from adapters.errors import LostShard, ReaderEnded, ShardAccident, StoreRefused, TwoWriters, UnknownOutcome
from adapters.failpoints import Swallowed
from consumers.failures import TABLE, Treatment, treatment


def invalid() -> ValidationError:
    try:
        TypeAdapter(int).validate_python("no number")
    except ValidationError as error:
        return error
    raise AssertionError("a word was taken for a number")


CASES: list[tuple[Exception, Treatment]] = [
    (LostShard(3), Treatment.LEAVE),
    (ReaderEnded(3), Treatment.LEAVE),
    (ShardAccident(3, "retention removed records", "Replay them"), Treatment.STOP),
    (TwoWriters(3), Treatment.STOP),
    (StoreRefused("22021", "a NUL"), Treatment.HALVE),
    (UnknownOutcome("Kafka", "no answer"), Treatment.TAKE_OVER),
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


def test_no_row_hides_a_later_one() -> None:
    for number, row in enumerate(TABLE):
        earlier = tuple(kind for before in TABLE[:number] for kind in before.errors)
        assert not [kind.__name__ for kind in row.errors if issubclass(kind, earlier)]


def test_every_treatment_is_in_the_table_with_its_reason() -> None:
    assert {row.treatment for row in TABLE} == set(Treatment)
    assert all(row.why for row in TABLE)
