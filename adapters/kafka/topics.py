"""Topics as they should be and as they are: planned, applied, checked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from adapters.kafka.connection import KafkaConnection
from contracts.topics import DEAD_LETTER_EXTRA, TOPICS, Direction

VISIBLE_SECONDS: Final = 20
TIMESTAMPS: Final = "message.timestamp.type"
POLICY: Final = "cleanup.policy"
LARGEST: Final = "max.message.bytes"
CREATE_TIME: Final = (
    f"counts its writers' times ({TIMESTAMPS} is CreateTime), by which the hub can tell no order: "
    f"let an administrator set {TIMESTAMPS} to LogAppendTime; hub topics apply changes no topic that is there"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A topic as it should be."""

    name: str
    partitions: int
    config: dict[str, str]
    inbound: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """How a topic differs from what it should be; `fatal` ones stop the hub, `apply` mends those that are missing."""

    topic: str
    what: str
    fatal: bool
    missing: bool = False


def wishes(kafka: KafkaConnection, count: int) -> list[Wish]:
    """Return every topic: inbound ones count append times, dead letters may be larger by the headers added."""
    found = []
    for topic in TOPICS:
        config = {LARGEST: str(topic.max_bytes), TIMESTAMPS: "LogAppendTime"}
        config[POLICY] = "compact" if topic.compacted else "delete"
        if not topic.compacted:
            config["retention.ms"] = str(7 * 24 * 3600 * 1000)
        inbound = topic.direction is not Direction.OUTBOUND
        found.append(Wish(kafka.topic(topic.name), count, config, inbound))
        if inbound:
            large = config | {LARGEST: str(topic.max_bytes + DEAD_LETTER_EXTRA)}
            found.append(Wish(kafka.topic(topic.dead_letters), count, large, False))
    return found


async def partitions(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """Return how many partitions each topic has that exists."""
    there: list[dict[str, Any]] = await admin.describe_topics(list(names))
    return {each["topic"]: len(each["partitions"]) for each in there if not each["error_code"]}


async def plan(admin: AIOKafkaAdminClient, kafka: KafkaConnection, shards: int, wished: int) -> list[Difference]:
    """Return what `apply` would do with so many partitions wished for, and what it can't mend."""
    wanted = wishes(kafka, wished)
    there = await partitions(admin, [wish.name for wish in wanted])
    differences = []
    for wish in wanted:
        count = there.get(wish.name)
        if count is None:
            differences.append(Difference(wish.name, f"create with {wish.partitions} partitions", True, missing=True))
        elif wish.inbound and count < shards:
            what = f"has {count} partitions and needs {shards}, one for each shard: let an administrator add them"
            differences.append(Difference(wish.name, what, True))
    known = [wish for wish in wanted if wish.name in there]
    settings = await _settings(admin, known)
    return [*differences, *(each for wish in known for each in _drift(wish, settings.get(wish.name, {})))]


async def _settings(admin: AIOKafkaAdminClient, known: Sequence[Wish]) -> dict[str, dict[str, str]]:
    """Return what topics are set to, of what the hub has a wish for; nothing where this principal may not ask."""
    if not known:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, wish.name, dict.fromkeys(wish.config, "")) for wish in known]
    answers: list[Any] = await admin.describe_configs(asked)
    return {
        name: {entry[0]: str(entry[1]) for entry in entries}
        for code, _, _, name, entries in (resource for answer in answers for resource in answer.resources)
        if not code
    }


def _drift(wish: Wish, found: Mapping[str, str]) -> Iterator[Difference]:
    """Yield how a topic's settings differ from the hub's wishes where that costs something.

    An inbound topic that loses its records, or their times, stops the hub.
    """
    if wish.inbound and found.get(TIMESTAMPS) == "CreateTime":
        yield Difference(wish.name, CREATE_TIME, True)
    policy, wished = found.get(POLICY, wish.config[POLICY]), wish.config[POLICY]
    if wished == "delete" and "compact" in policy:
        what = f"is compacted, so all records of an order but its last one go: {_set(POLICY, wished)}"
        yield Difference(wish.name, what, wish.inbound)
    if wished == "compact" and "compact" not in policy:
        what = f"is not compacted, so states go by age: {_set(POLICY, wished)}"
        yield Difference(wish.name, what, False)
    largest = int(found.get(LARGEST, wish.config[LARGEST]))
    if largest < int(wish.config[LARGEST]):
        what = f"takes messages of {largest} bytes at most: {_set(LARGEST, wish.config[LARGEST])}"
        yield Difference(wish.name, what, False)


def _set(name: str, value: str) -> str:
    return f"let an administrator set {name} to {value}"


async def apply(admin: AIOKafkaAdminClient, kafka: KafkaConnection, count: int, replication: int) -> list[str]:
    """Create the topics that are missing, each with so many partitions; return their names."""
    wanted = wishes(kafka, count)
    there = await partitions(admin, [wish.name for wish in wanted])
    missing = [wish for wish in wanted if wish.name not in there]
    if not missing:
        return []
    topics = [NewTopic(w.name, w.partitions, replication, topic_configs=w.config) for w in missing]
    answer: Any = await admin.create_topics(topics)
    for error in answer.topic_errors:
        kind = for_code(error[1])
        if error[1] and kind is not TopicAlreadyExistsError:
            raise kind(f"topic {error[0]} could not be created: {error[2] if len(error) > 2 else kind.__name__}")
    await _visible(admin, missing)
    return [wish.name for wish in missing]


async def _visible(admin: AIOKafkaAdminClient, created: Sequence[Wish]) -> None:
    """Wait until the brokers know what the controller created; raises TimeoutError."""
    waiting = AsyncRetrying(
        retry=retry_if_result(lambda there: not there), wait=wait_fixed(0.05), stop=stop_after_delay(VISIBLE_SECONDS)
    )

    async def there() -> bool:
        counts = await partitions(admin, [wish.name for wish in created])
        return all(counts.get(wish.name, 0) >= wish.partitions for wish in created)

    try:
        await waiting(there)
    except RetryError as error:
        raise TimeoutError(f"the brokers don't show the new topics after {VISIBLE_SECONDS} s") from error
