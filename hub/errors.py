"""What stops the hub's commands, each as a sentence with an exit code."""

from collections.abc import Sequence

from adapters.kafka.topics import Difference

OK, FAILED, USAGE, NOT_FOUND, CONFLICT, UNREACHABLE, PARTLY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


class HubError(Exception):
    """Something a user must know; `code` is the exit code."""

    code = FAILED


class SchemaIsBehind(HubError):
    """The database is at {current}, this hub needs {newest}. Run: hub db upgrade."""

    def __init__(self, current: str, newest: str) -> None:
        super().__init__((self.__doc__ or "").format(current=current, newest=newest))


class TopicsDiffer(HubError):
    """Kafka's topics are not as they must be: {what}. Run: hub topics plan; apply makes what is missing."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        what = "; ".join(f"{each.topic}: {each.what}" for each in differences[:5])
        super().__init__((self.__doc__ or "").format(what=what))


class ServerIsAway(HubError):
    """{server} at {address} does not answer ({reason}). Start it, or correct {setting}."""

    code = UNREACHABLE

    def __init__(self, server: str, address: str, reason: str, setting: str) -> None:
        text = (self.__doc__ or "").format(server=server, address=address, reason=reason, setting=setting)
        super().__init__(text)


class ServerRefuses(HubError):
    """A server refuses the hub: {reason}. Correct its user, password, database or permissions in the HUB_… settings."""

    code = UNREACHABLE

    def __init__(self, reason: str) -> None:
        super().__init__(
            (self.__doc__ or "").format(reason=reason.splitlines()[0].rstrip(".") if reason else "no reason")
        )


class OrderIsUnknown(HubError):
    """No order has the number or id {number}. Check it, or look in another store."""

    code = NOT_FOUND

    def __init__(self, number: str) -> None:
        super().__init__((self.__doc__ or "").format(number=number))


class RecordIsUnknown(HubError):
    """No {what} has the number {number}. `hub failed list` and `hub operations` show those there are."""

    code = NOT_FOUND

    def __init__(self, number: int, what: str = "record") -> None:
        super().__init__((self.__doc__ or "").format(number=number, what=what))


class NoServer(HubError):
    """No server is named and {running} is missing: start `hub up`, or set HUB_KAFKA__… and HUB_DATABASE__URL."""

    code = USAGE

    def __init__(self, running: str) -> None:
        super().__init__((self.__doc__ or "").format(running=running))


class NotUsable(HubError):
    """{what}."""

    code = USAGE

    def __init__(self, what: str) -> None:
        super().__init__((self.__doc__ or "").format(what=what.rstrip(".")))


class DemoStuck(HubError):
    """The demo can't go on: {what}."""

    def __init__(self, what: str) -> None:
        super().__init__((self.__doc__ or "").format(what=what))


class ServerEnded(HubError):
    """{server} has ended by itself; its log is in {folder}. Start again."""

    code = UNREACHABLE

    def __init__(self, server: str, folder: str) -> None:
        super().__init__((self.__doc__ or "").format(server=server, folder=folder))


class GatewayLostItsPlace(HubError):
    """The log doesn't hold the place up to which the gateway has read payment requests ({where}): retention removed
    requests that nobody read, or the topic was made anew. `hub attention` shows the orders that wait for an answer; to
    go on, set the offsets of the group {group} to the log's start."""

    def __init__(self, where: str, group: str) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()).format(where=where, group=group))
