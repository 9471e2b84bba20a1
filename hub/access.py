"""Who needs which rights on Kafka: one table for the hub's own processes and for each kind of partner."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from adapters.kafka.access import Grant, Operation, Pattern, Resource
from adapters.kafka.connection import KafkaConnection
from contracts.topics import (
    AVAILABILITY_REQUESTS,
    CATALOGUE_EVENTS,
    CATALOGUE_STATUS,
    FLASH_REORDER_REQUESTS,
    FRAUD_REQUESTS,
    INBOUND,
    NOTIFICATION_REQUESTS,
    ORDER_EVENTS,
    ORDER_STATUS,
    PAYMENT,
    PAYMENT_REQUESTS,
    TOPICS,
    WAREHOUSE_REQUESTS,
    Direction,
    Topic,
)

READING: Final = (Operation.READ, Operation.DESCRIBE)
WRITING: Final = (Operation.WRITE, Operation.DESCRIBE)
TOLD_TO_ALL: Final = (ORDER_EVENTS, ORDER_STATUS, CATALOGUE_EVENTS, CATALOGUE_STATUS)
"""What the hub tells whoever is to know orders."""


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody does on Kafka: topics read and written by name; `ours` are processes of the hub.

    They have the hub's own group, or that of their `gateway`; a partner has those that begin with its own name.
    """

    summary: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    ours: bool = False
    creates: bool = False
    transactions: bool = False
    gateway: str | None = None


def _inbound() -> Iterator[str]:
    """Return what the hub reads, and the dead letters of it."""
    for topic in INBOUND:
        yield from (topic.name, topic.dead_letters)


def _every() -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(topic.name for topic in TOPICS), *_inbound()]))


def _partner(writer: str, summary: str, *asked: Topic, told: bool = False) -> Role:
    """Return a partner's role: it writes the topics that are its own, and reads what it is asked."""
    writes = tuple(topic.name for topic in TOPICS if topic.writer == writer)
    reads = tuple(topic.name for topic in (*asked, *(TOLD_TO_ALL if told else ())))
    return Role(summary, reads, writes)


ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        "run": Role(
            "`hub run`: decides, and writes records that came to a wrong partition to the right one",
            reads=tuple(topic.name for topic in TOPICS),
            writes=_every(),
            ours=True,
            transactions=True,
        ),
        "api": Role(
            "`hub api`: takes commands and partners' messages, and shows topics",
            reads=_every(),
            writes=tuple(topic.name for topic in TOPICS if topic.direction is Direction.INBOUND),
            ours=True,
        ),
        "gateway": Role(
            "`hub gateway payments`: takes payment requests to the provider",
            reads=(PAYMENT_REQUESTS.name,),
            writes=(PAYMENT.name,),
            ours=True,
            gateway="payments",
        ),
        "operator": Role(
            "`hub topics apply`, `hub verify`, `hub replay` and other commands of operators",
            reads=_every(),
            writes=tuple(topic.name for topic in INBOUND),
            ours=True,
            creates=True,
        ),
        "shop": _partner("shop", "places orders, and follows them", told=True),
        "payment-service": _partner("payment service", "answers payment requests", PAYMENT_REQUESTS),
        "fraud-service": _partner("fraud service", "scores orders", FRAUD_REQUESTS),
        "warehouse": _partner(
            "warehouse", "answers stock questions, ships, receives", AVAILABILITY_REQUESTS, WAREHOUSE_REQUESTS
        ),
        "reorder-desk": _partner("reorder desk", "answers flash reorders", FLASH_REORDER_REQUESTS),
        "carrier": _partner("carrier", "tells where parcels are"),
        "csr-tool": _partner("CSR tool", "commands, and follows orders", told=True),
        "notification-service": Role("sends e-mails", (NOTIFICATION_REQUESTS.name,)),
        "subscriber": Role("follows orders", tuple(topic.name for topic in TOLD_TO_ALL)),
    }
)
"""Every role by its name."""


def grants(kafka: KafkaConnection, role: str, principal: str) -> set[Grant]:
    """Return the rights of a principal of a role."""
    about = ROLES[role]
    found = {Grant(principal, *_topic(kafka, name), right) for name in about.reads for right in READING}
    found |= {Grant(principal, *_topic(kafka, name), right) for name in about.writes for right in WRITING}
    if about.creates:
        found |= {Grant(principal, *_topic(kafka, name), Operation.CREATE) for name in _every()}
    if about.ours:
        named = {*about.reads, *about.writes}
        found |= {Grant(principal, *_topic(kafka, name), Operation.DESCRIBE_CONFIGS) for name in named}
        group = kafka.group if about.gateway is None else kafka.gateway_group(about.gateway)
        found |= {Grant(principal, Resource.GROUP, group, right) for right in READING}
        found.add(Grant(principal, Resource.CLUSTER, "kafka-cluster", Operation.DESCRIBE))
    elif about.reads:
        found |= set(_own_groups(principal))
    if about.transactions:
        ids = kafka.transactions
        found |= {Grant(principal, Resource.TRANSACTIONAL_ID, ids, right, Pattern.PREFIXED) for right in WRITING}
    return found


def is_ours(kafka: KafkaConnection, grant: Grant) -> bool:
    """Tell whether a right is on something that is this hub's own, whoever has it: its topics, groups, transactions.

    Another hub on the same Kafka has others, and so has whatever else a partner's user may do there.
    """
    if grant.resource is Resource.TOPIC:
        return grant.pattern is Pattern.LITERAL and grant.name in {kafka.topic(name) for name in _every()}
    if grant.resource is Resource.GROUP:
        return grant.name == kafka.group or grant.name.startswith(kafka.gateway_group(""))
    return grant.resource is Resource.TRANSACTIONAL_ID and grant.name.startswith(kafka.transactions)


def _topic(kafka: KafkaConnection, name: str) -> tuple[Resource, str]:
    return Resource.TOPIC, kafka.topic(name)


def _own_groups(principal: str) -> Iterator[Grant]:
    """Return a partner's groups: the one of its name, and those that begin with it and a point."""
    name = principal.split(":", 1)[1]
    for right in READING:
        yield Grant(principal, Resource.GROUP, name, right)
        yield Grant(principal, Resource.GROUP, f"{name}.", right, Pattern.PREFIXED)
