"""What stops the hub's commands and the desk: each a sentence with a kind, from which a face makes a code."""

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from aiokafka.errors import KafkaError
from asyncpg import InterfaceError, PostgresError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapters.embedded import EmbeddedServerError
from adapters.errors import ChoiceHasGrown, HubRuns, KeyIsOfOther, OrderIdReserved, ShardsDiffer
from adapters.kafka.topics import Difference
from simulators.errors import SimulationError

SERVER_ERRORS: Final = (KafkaError, OSError, TimeoutError, PostgresError, SQLAlchemyError)
"""What is raised where a server doesn't answer, or not as it should."""


def is_of_kafka(error: Exception) -> bool:
    """Tell whether it is Kafka that doesn't answer, and not PostgreSQL."""
    return isinstance(error, KafkaError)


def is_of_data(error: Exception) -> bool:
    """Tell whether PostgreSQL answers, or its driver, but can't take what it was given: a number has no such place."""
    told = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(told, PostgresError):
        return str(told.sqlstate).startswith("22")
    return isinstance(told, InterfaceError) and isinstance(told, ValueError)


class ErrorKind(StrEnum):
    """What sort of failure it is, whatever face it is shown by."""

    INVALID = "invalid"
    """What was asked for, or a setting, makes no sense."""
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    """It made sense, but not as things stand now."""
    SETUP = "setup"
    """Something must be prepared first."""
    UNAVAILABLE = "unavailable"
    """A server doesn't answer, or refuses."""
    FAILED = "failed"


class HubError(Exception):
    """Something a user must know. The docstring is the message, and the facts fill it in."""

    kind: ClassVar[ErrorKind] = ErrorKind.FAILED

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(" ".join((self.__doc__ or "").split()).format(**facts))


class SchemaIsBehind(HubError):
    """The database is at {current}, this hub needs {newest}. Run: hub db upgrade."""

    kind = ErrorKind.SETUP

    def __init__(self, current: str, newest: str) -> None:
        super().__init__(current=current, newest=newest)


class RightsAreMissing(HubError):
    """This user of the database may not {what}. Run `hub db roles --apply` as its owner; make the user a {role}."""

    kind = ErrorKind.SETUP

    def __init__(self, role: str, lacking: Sequence[tuple[str, str]]) -> None:
        told = [f"{right} on {table}" for table, right in lacking[:3]]
        more = [f"{len(lacking) - 3} others"] if len(lacking) > 3 else []
        super().__init__(what=", ".join((*told, *more)), role=role)


class TopicsDiffer(HubError):
    """Kafka's topics are not as they must be: {what}. Run: hub topics plan; apply makes what is missing."""

    kind = ErrorKind.SETUP

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__(what="; ".join(f"{each.topic}: {each.what}" for each in differences[:5]))


class ServerIsAway(HubError):
    """{server} at {address} does not answer ({reason}). Start it, or correct {setting}."""

    kind = ErrorKind.UNAVAILABLE

    def __init__(self, server: str, address: str, reason: str, setting: str) -> None:
        super().__init__(server=server, address=address, reason=reason, setting=setting)


class ServerRefuses(HubError):
    """A server refuses the hub: {reason}. Correct its user, password, database or permissions in the HUB_… settings."""

    kind = ErrorKind.UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason.splitlines()[0].rstrip(".") if reason else "no reason")


class ServerEnded(HubError):
    """{server} has ended by itself; its log is in {folder}. Start again."""

    kind = ErrorKind.UNAVAILABLE

    def __init__(self, server: str, folder: str) -> None:
        super().__init__(server=server, folder=folder)


class NoServer(HubError):
    """No server is named and {running} is missing: start `hub up`, or set HUB_KAFKA__… and HUB_DATABASE__URL."""

    kind = ErrorKind.INVALID

    def __init__(self, running: str) -> None:
        super().__init__(running=running)


class ServersAreNamed(HubError):
    """{settings} name servers, and this starts servers of its own: unset both. On named ones, start `hub run`."""

    kind = ErrorKind.INVALID

    def __init__(self, settings: Sequence[str]) -> None:
        super().__init__(settings=" and ".join(settings))


class OneServerIsNamed(HubError):
    """{named} names a server, and {missing} names none: set both, or unset both to use the servers of `hub up`."""

    kind = ErrorKind.INVALID

    def __init__(self, named: str, missing: str) -> None:
        super().__init__(named=named, missing=missing)


class NotUsable(HubError):
    """{what}."""

    kind = ErrorKind.INVALID

    def __init__(self, what: str) -> None:
        super().__init__(what=what.rstrip("."))


class WorkIsTooMuch(HubError):
    """There is not enough {what} for it: name fewer orders, or allow more by {option}."""

    def __init__(self, what: str, option: str) -> None:
        super().__init__(what=what, option=option)


class DemoStuck(HubError):
    """The demo can't go on: {what}."""

    def __init__(self, what: str) -> None:
        super().__init__(what=what)


class KeepsEnding(HubError):
    """Processes of the hub have ended by themselves {times} times in {minutes} minutes; the last one was {what}.

    The servers are stopped, their data is kept. When it is mended, start `hub up` again.
    """

    def __init__(self, times: int, minutes: int, what: str) -> None:
        super().__init__(times=times, minutes=minutes, what=what)


class ApiOfSeveralDatabases(HubError):
    """the API serves one database, and this hub has {count} (HUB_DATABASE__PART={part}): orders of the others would
    seem not to exist. Unset HUB_DATABASE__PART where one database holds all shards; else read with `hub order show` and
    act by hub.commands, as docs/scaling.md says."""

    kind = ErrorKind.INVALID

    def __init__(self, part: str, count: int) -> None:
        super().__init__(part=part, count=count)


class GatewayLostItsPlace(HubError):
    """The log doesn't hold the place up to which the gateway has read payment requests ({where}): retention removed
    requests that nobody read, or the topic was made anew. `hub attention` shows the orders that wait for an answer; to
    go on, set the offsets of the group {group} to the log's start."""

    def __init__(self, where: str, group: str) -> None:
        super().__init__(where=where, group=group)


KINDS: Final = MappingProxyType[type[Exception], ErrorKind](
    {
        HubError: ErrorKind.FAILED,  # each of them names its own
        HubRuns: ErrorKind.CONFLICT,
        KeyIsOfOther: ErrorKind.CONFLICT,
        ChoiceHasGrown: ErrorKind.CONFLICT,
        OrderIdReserved: ErrorKind.CONFLICT,
        ShardsDiffer: ErrorKind.INVALID,
        EmbeddedServerError: ErrorKind.FAILED,
        SimulationError: ErrorKind.FAILED,
        **dict.fromkeys(SERVER_ERRORS, ErrorKind.UNAVAILABLE),
    }
)
"""Every error that a face shows as a sentence, whosever it is; anything else is a bug. Earlier rows come first."""


def kind_of(error: Exception) -> ErrorKind:
    """Return what sort of failure an error of `KINDS` is."""
    if isinstance(error, HubError):
        return error.kind
    return next(kind for base, kind in KINDS.items() if isinstance(error, base))
