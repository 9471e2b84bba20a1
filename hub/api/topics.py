"""The topics that the hub reads, how far it is, and the records that lie in Kafka."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Query

from hub.api.context import Opened
from hub.api.models import Model, Moment, told
from hub.api.operating import MOST, Onlooker, TopicName, routes, sees_all
from hub.api.problems import Problem
from hub.desk import topic_records, topic_standing
from hub.desk.topic_records import Asked, Shown, ShownRecord
from hub.desk.topic_standing import TopicStanding

router: Final = routes()


class PartitionModel(Model):
    """A partition: the next offset that the hub reads, the end, and how many records lie between.

    `position` is null before the hub has begun to read it; `paused` says why nothing is read.
    """

    partition: int
    shard: int
    position: int | None
    end: int | None
    lag: int | None
    paused: str | None


class TopicModel(Model):
    """A topic that the hub reads. `ends_at` is when Kafka was asked for the ends: 2 s ago at most."""

    topic: str
    writer: str
    summary: str
    lag: int
    paused: int
    ends_at: datetime
    partitions: list[PartitionModel]


class TopicsModel(Model):
    """Every topic that the hub reads."""

    items: list[TopicModel]


class BytesModel(Model):
    """Bytes as `text` where they are UTF-8, else in `base64`; `cut`: these are not all of `size`."""

    text: str | None
    base64: str | None
    size: int
    cut: bool


class HeaderModel(Model):
    """A header of a record; a token is told by its digest only."""

    name: str
    value: BytesModel | None


class LogRecordModel(Model):
    """A record as it lies in Kafka; `hidden` names the members of which something is left out.

    `unreadable` says why it can't be taken apart, `more_headers` how many there are besides those shown.
    """

    offset: int
    timestamp: datetime
    key: BytesModel | None
    headers: list[HeaderModel]
    more_headers: int
    value: BytesModel | None
    hidden: list[str]
    unreadable: str | None


class LogRecordsModel(Model):
    """Records of a partition; it has the offsets from `start` on to before `end`, and `next_offset` leads on."""

    topic: str
    partition: int
    start: int
    end: int
    next_offset: int
    items: list[LogRecordModel]


def topic_model(row: TopicStanding) -> TopicModel:
    """Return a topic as it is told."""
    return told(row, TopicModel, partitions=[told(each, PartitionModel) for each in row.partitions])


@router.get("/topics", summary="Topics that the hub reads")
async def list_topics(caller: Onlooker, context: Opened) -> TopicsModel:
    """Return how far each topic is read, partition by partition."""
    found = await topic_standing.standing(context.desk, context.ends)
    return TopicsModel(items=[topic_model(each) for each in found])


@router.get("/topics/{topic}", summary="A topic that the hub reads")
async def show_topic(topic: TopicName, caller: Onlooker, context: Opened) -> TopicModel:
    """Return how far a topic is read, partition by partition."""
    return topic_model(await topic_standing.of_topic(context.desk, context.ends, topic))


Offset = Annotated[int | None, Query(ge=0, le=MOST, description="From this offset on.")]
At = Annotated[Moment | None, Query(description="From the first record of this time or later.")]
Few = Annotated[int, Query(ge=1, le=topic_records.MOST)]


@router.get("/topics/{topic}/records", summary="Records in Kafka")
async def list_records(
    topic: TopicName,
    caller: Onlooker,
    context: Opened,
    partition: Annotated[int, Query(ge=0, le=10_000)],
    offset: Offset = None,
    at: At = None,
    limit: Few = topic_records.MOST,
) -> LogRecordsModel:
    """Return records of a topic that the hub reads or writes, or of its dead letters: the last ones if nothing is said.

    It takes 2 s at most, and may then be fewer than asked for. Who may not read orders of all stores sees no value.
    """
    if offset is not None and at is not None:
        raise Problem("data_invalid", "say from which offset on, or at which time: not both")
    asked = Asked(topic, partition, offset, at, limit, sees_all(caller), caller.sees)
    with context.looks.taken():
        found = await topic_records.look(context.desk, asked)
    return told(found, LogRecordsModel, items=[_record(each) for each in found.records])


def _record(row: ShownRecord) -> LogRecordModel:
    headers = [HeaderModel(name=each.name, value=_bytes(each.value)) for each in row.headers]
    return told(row, LogRecordModel, key=_bytes(row.key), headers=headers, value=_bytes(row.value))


def _bytes(held: Shown | None) -> BytesModel | None:
    return None if held is None else BytesModel(text=held.text, base64=held.base64, size=held.size, cut=held.cut)
