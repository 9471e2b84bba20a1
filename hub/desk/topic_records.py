"""Records as they lie in Kafka: a few of a partition from an offset or a time on, for people to look at."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from adapters.kafka.peeking import Peeker, peeking
from contracts.topics import INBOUND, TOPICS
from contracts.wire import Record as _Record
from contracts.wire import without_token
from hub.desk.errors import OffsetIsOutside, PartitionIsUnknown, TopicIsMissing, TopicIsUnknown
from hub.desk.log_ends import asking_kafka
from hub.desk.resources import Desk
from hub.desk.stores import Stores, elsewhere

MOST: Final = 100
READ_SECONDS: Final = 2.0
OPEN_SECONDS: Final = 5.0
VALUE_BYTES: Final = 32 * 1024
"""A hundred records of this size are what one answer may weigh."""
HEADER_BYTES: Final = 2 * 1024
HEADERS: Final = 40
NAMES: Final = (*(topic.name for topic in TOPICS), *(topic.dead_letters for topic in INBOUND))
PLAIN: Final = frozenset(
    {"content-type", *(f"ce_{name}" for name in ("id", "source", "type", "specversion", "subject", "time"))}
)
"""Headers that tell nothing of a person: what CloudEvents has of every event."""
_LATEST: Final = 253_402_300_799_000


@dataclass(frozen=True, slots=True)
class Shown:
    """Bytes as they can be shown: as text where they are UTF-8, else in base64; `size` is that of all of them."""

    text: str | None
    base64: str | None
    size: int
    cut: bool


@dataclass(frozen=True, slots=True)
class ShownHeader:
    """A header; a token is shown by its digest."""

    name: str
    value: Shown | None


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A record; `hidden` names what is left out for want of a right, `unreadable` says why it can't be taken apart.

    `more_headers` is how many there are behind those that are shown.
    """

    offset: int
    timestamp: datetime
    key: Shown | None
    headers: Sequence[ShownHeader]
    more_headers: int
    value: Shown | None
    hidden: Sequence[str]
    unreadable: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a topic is looked at: from an `offset`, or from the first record `at` a time on, else the last ones.

    `whole`: with values, and with all headers. `stores` (None: all) are those whose orders' keys are shown.
    """

    topic: str
    partition: int
    offset: int | None = None
    at: datetime | None = None
    limit: int = MOST
    whole: bool = False
    stores: Stores = None


@dataclass(frozen=True, slots=True)
class Looked:
    """Records of a partition: where it begins and ends, and the offset where the next ones are."""

    topic: str
    partition: int
    start: int
    end: int
    next_offset: int
    records: Sequence[ShownRecord]


async def look(desk: Desk, asked: Asked) -> Looked:
    """Return records of a topic that the hub reads or writes, what was found in 2 s.

    Raises TopicIsUnknown, TopicIsMissing, PartitionIsUnknown, OffsetIsOutside, KafkaError.
    """
    if asked.topic not in NAMES:
        raise TopicIsUnknown(asked.topic, NAMES)
    async with asking_kafka(OPEN_SECONDS + READ_SECONDS):
        await _check_partition(desk, asked)
        async with peeking(desk.kafka, (asked.topic, asked.partition)) as peeker:
            start, end = await peeker.bounds()
            first = await _first(peeker, asked, start, end)
            found, following = await peeker.read(
                first, end, asked.limit, READ_SECONDS, lambda record: shown(record, whole=asked.whole)
            )
    return Looked(asked.topic, asked.partition, start, end, following, await _scoped(desk, found, asked.stores))


async def _scoped(desk: Desk, found: Sequence[ShownRecord], stores: Stores) -> Sequence[ShownRecord]:
    """Return records without the keys and headers of those that are about orders of other stores."""
    named = {each.key.text for each in found if each.key is not None and each.key.text}
    hidden = await elsewhere(desk, named, stores)
    return [_nameless(each) if each.key is not None and each.key.text in hidden else each for each in found]


def _nameless(record: ShownRecord) -> ShownRecord:
    hidden = ["key", *dict.fromkeys(["headers", *record.hidden])]
    return replace(record, key=None, headers=(), more_headers=0, hidden=hidden)


async def _check_partition(desk: Desk, asked: Asked) -> None:
    count = (await desk.log.counts([asked.topic])).get(asked.topic)
    if count is None:
        raise TopicIsMissing(asked.topic)
    if asked.partition >= count:
        raise PartitionIsUnknown(asked.topic, asked.partition, count)


async def _first(peeker: Peeker, asked: Asked, start: int, end: int) -> int:
    """Return the offset to read from; raises OffsetIsOutside."""
    if asked.offset is not None:
        if not start <= asked.offset <= end:
            raise OffsetIsOutside(f"{asked.topic}/{asked.partition}", asked.offset, start, end)
        return asked.offset
    if asked.at is not None:
        found = await peeker.at(max(0, int(asked.at.timestamp() * 1000)))
        return end if found is None else min(found, end)
    return max(start, end - asked.limit)


def shown(record: _Record, *, whole: bool) -> ShownRecord:
    """Return a record as it is shown; not `whole`, without its value and the headers that might tell of a person."""
    headers = [each for each in record.headers if whole or each[0] in PLAIN]
    # The bytes of what can't be taken apart may hold a token: nobody sees them here.
    value = record.value if whole and not record.unreadable else None
    hidden = [
        name
        for name, full, kept in (("headers", record.headers, headers), ("value", record.value, value))
        if full is not None and len(full) != len(kept or ())
    ]
    return ShownRecord(
        record.offset,
        datetime.fromtimestamp(max(0, min(record.appended_at, _LATEST)) / 1000, UTC),
        None if record.key is None else bytes_shown(record.key, HEADER_BYTES),
        _headers(headers[:HEADERS]),
        len(headers[HEADERS:]),
        None if value is None else bytes_shown(value, VALUE_BYTES),
        hidden,
        record.unreadable or None,
    )


def _headers(headers: Sequence[tuple[str, bytes | None]]) -> list[ShownHeader]:
    return [
        ShownHeader(name[:HEADER_BYTES], None if content is None else bytes_shown(content, HEADER_BYTES))
        for name, content in without_token(tuple(headers))
    ]


def bytes_shown(content: bytes, most: int) -> Shown:
    """Return bytes as text or base64, cut after so many; no character is cut in two."""
    cut = len(content) > most
    try:
        content.decode()
    except UnicodeDecodeError:
        return Shown(None, b64encode(content[:most]).decode(), len(content), cut)
    return Shown(content[:most].decode(errors="ignore"), None, len(content), cut)
