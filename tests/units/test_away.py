"""Starting a process: what says that a server is away is waited for, anything else is told at once."""

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from sqlalchemy.exc import DBAPIError

from hub.app import is_away
from hub.errors import SchemaIsBehind


def from_the_database(error: Exception) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, error)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        KafkaConnectionError(),
        from_the_database(asyncpg.CannotConnectNowError("the database system is starting up")),
        from_the_database(asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")),
        from_the_database(asyncpg.TooManyConnectionsError("sorry, too many clients already")),
        from_the_database(asyncpg.AdminShutdownError("terminating connection due to administrator command")),
        RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
        AssertionError("Did we not perform bootstrap?"),
    ],
    ids=repr,
)
def test_a_server_that_is_away_is_waited_for(error: Exception) -> None:
    assert is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        SchemaIsBehind("empty", "20261124_01"),
        from_the_database(asyncpg.UndefinedTableError("relation does not exist")),
        from_the_database(asyncpg.InvalidPasswordError("password authentication failed")),
        KeyError("shard"),
        RuntimeError("dictionary changed size during iteration"),
    ],
    ids=repr,
)
def test_anything_else_ends_the_start(error: Exception) -> None:
    assert not is_away(error)
