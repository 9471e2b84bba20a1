"""Why the desk says no: each a sentence that tells what to do."""

from collections.abc import Sequence

from adapters.errors import ChoiceHasGrown as ChoiceHasGrown
from adapters.errors import KeyIsOfOther as KeyIsOfOther
from hub.errors import ErrorKind, HubError


class OrderIsUnknown(HubError):
    """No order has the number or id {number}. Check it, or look in another store."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, number: str) -> None:
        super().__init__(number=number)


class NumberIsAmbiguous(HubError):
    """Several orders have the number {number}: name one of them by its id, {ids}."""

    kind = ErrorKind.CONFLICT

    def __init__(self, number: str, ids: Sequence[str]) -> None:
        super().__init__(number=number, ids=", ".join(ids))


class WordListIsUnknown(HubError):
    """There is no word list {name}: the lists are {lists}."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, name: str, lists: Sequence[str]) -> None:
        super().__init__(name=name, lists=", ".join(lists))


class RecordIsUnknown(HubError):
    """No {what} has the number {number}. `hub failed list` and `hub operations` show those there are."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, number: int, what: str = "record") -> None:
        super().__init__(number=number, what=what)


class Refused(HubError):
    """What was asked for can't be done; nothing was changed."""

    kind = ErrorKind.INVALID


class RecordIsClosed(Refused):
    """record {number} is done with: {ended}."""

    kind = ErrorKind.CONFLICT

    def __init__(self, number: int, ended: str | None) -> None:
        super().__init__(number=number, ended=ended)


class RecordIsNotJson(Refused):
    """record {number} is not JSON: give a whole new value by --value FILE."""

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


class FieldIsMissing(Refused):
    """record {number} has no {path}."""

    def __init__(self, number: int, path: str) -> None:
        super().__init__(number=number, path=path)


class RecordIsNotChosen(Refused):
    """record {number} is not among those that the preview named: choose it with the others, {most} at most."""

    def __init__(self, number: int, most: int) -> None:
        super().__init__(number=number, most=most)


class CommandIsItsAuthors(Refused):
    """record {number} is a command: {what} is its author's word. Have its author send it again, then skip this one."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(number=number, what=what)


class NothingWaits(Refused):
    """nothing waits in quarantine behind order {order}."""

    kind = ErrorKind.CONFLICT

    def __init__(self, order: str) -> None:
        super().__init__(order=order)


class TopicIsNotRead(Refused):
    """no topic that the hub reads is called {topic}; there are {names}."""

    def __init__(self, topic: str, names: Sequence[str]) -> None:
        super().__init__(topic=topic, names=", ".join(names))


class TopicIsUnknown(Refused):
    """no topic that the hub reads or writes is called {topic}; there are {names}."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, topic: str, names: Sequence[str]) -> None:
        super().__init__(topic=topic, names=", ".join(names))


class TopicIsMissing(Refused):
    """Kafka has no topic {topic} yet: hub topics apply makes it."""

    kind = ErrorKind.SETUP

    def __init__(self, topic: str) -> None:
        super().__init__(topic=topic)


class PartitionIsUnknown(Refused):
    """{topic} has the partitions 0 to {last}: there is no {partition}."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, topic: str, partition: int, count: int) -> None:
        super().__init__(topic=topic, partition=partition, last=count - 1)


class OffsetIsOutside(Refused):
    """{place} has the offsets from {start} on to before {end}: {offset} is not among them."""

    def __init__(self, place: str, offset: int, start: int, end: int) -> None:
        super().__init__(place=place, offset=offset, start=start, end=end)


class TopicIsInternal(Refused):
    """{topic} holds what orders tell each other; it is not replayed from outside."""

    def __init__(self, topic: str) -> None:
        super().__init__(topic=topic)


class SourceIsUnknown(Refused):
    """nothing is known of a partner {source}: it said nothing of late, nothing of it failed, it has no key."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, source: str) -> None:
        super().__init__(source=source)


class ShardIsUnknown(Refused):
    """there is no shard {number} in this database, but {shards}."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, number: int, shards: Sequence[int]) -> None:
        named = f"{shards[0]} to {shards[-1]}" if len(shards) > 1 else ", ".join(map(str, shards)) or "none"
        super().__init__(number=number, shards=named)


class ShardIsNotStopped(Refused):
    """shard {number} is not stopped."""

    kind = ErrorKind.CONFLICT

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


class OffsetsAreForeign(Refused):
    """somebody else set the group's offsets: delete them, then resume without --accept-restore."""

    kind = ErrorKind.CONFLICT


class DatabaseIsNoCopy(Refused):
    """shard {number} has stored all that was published for it: its database is no older copy."""

    kind = ErrorKind.CONFLICT

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


class NoHubYet(Refused):
    """this database has no hub yet: set HUB_SHARDS, then run hub db upgrade."""

    kind = ErrorKind.CONFLICT


class GrowthIsRefused(Refused):
    """{reasons}."""

    kind = ErrorKind.CONFLICT

    def __init__(self, reasons: str) -> None:
        super().__init__(reasons=reasons.rstrip("."))


class DatabasesAreUnnamed(Refused):
    """this is one of {count} databases: name the other ones in HUB_DATABASE__OTHERS."""

    def __init__(self, count: int) -> None:
        super().__init__(count=count)


class TokenKeyIsMissing(Refused):
    """HUB_TOKEN_KEY is not set: it is the key that the hub's processes have."""


class ScopeIsUnknown(Refused):
    """no scope is called {scopes}; there are {known}."""

    def __init__(self, scopes: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(scopes=", ".join(scopes), known=", ".join(known))


class CursorIsInvalid(Refused):
    """the cursor is none of this hub's: begin the list again without one."""


class CursorMismatches(Refused):
    """the cursor belongs to a list with other filters, or sorted otherwise: begin again without one."""


class SortNeedsFilter(Refused):
    """{count} orders are more than can be sorted by {sort}: narrow them by a store, a state or a time, or search."""

    def __init__(self, sort: str, count: str) -> None:
        super().__init__(sort=sort, count=count)


class SortIsUnknown(Refused):
    """there is no sort {sort}: there are {known}; - before one reverses it."""

    def __init__(self, sort: str, known: Sequence[str]) -> None:
        super().__init__(sort=sort, known=", ".join(known))


class ListIsTooWide(Refused):
    """the list takes too long to find: narrow it by a store, a state or a time."""


class ListingIsNotBuilt(HubError):
    """Lists and search need the listing, and nobody has begun to build it. Run: hub project."""

    kind = ErrorKind.UNAVAILABLE


class PolicyIsWrong(HubError):
    """{member}: {why}."""

    kind = ErrorKind.INVALID

    def __init__(self, member: str, why: str) -> None:
        self.member = member
        super().__init__(member=member, why=why)


class EntryIsUnknown(HubError):
    """the order has no entry {seq} in its timeline."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, seq: int) -> None:
        super().__init__(seq=seq)


class ProblemIsUnknown(HubError):
    """there is no problem {problem}, or it is no longer kept."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, problem: str) -> None:
        super().__init__(problem=problem)
