"""Topics and users as the Strimzi operator takes them, written from the tables that the hub's own commands use."""

from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import yaml

from adapters.kafka import topics
from adapters.kafka.access import Grant, Pattern, Resource
from adapters.kafka.connection import KafkaConnection
from hub.access import ROLES, grants

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "strimzi"
CLUSTER: Final = {"strimzi.io/cluster": "orders"}
PARTITIONS: Final = 64
REPLICAS: Final = 3
_KINDS: Final = {
    Resource.TOPIC: "topic",
    Resource.GROUP: "group",
    Resource.CLUSTER: "cluster",
    Resource.TRANSACTIONAL_ID: "transactionalId",
}
_HEAD: Final = "# Written by `python -m tests.deploy` from the hub's own tables: change those.\n"


def topics_file() -> str:
    """Return the topics, as `hub topics apply` makes them."""
    return _HEAD + yaml.safe_dump_all(map(_topic, topics.wishes(_kafka(), PARTITIONS)), sort_keys=False)


def users_file() -> str:
    """Return a user for each role, with its rights; take out those whose role nobody has."""
    return _HEAD + yaml.safe_dump_all(map(_user, ROLES), sort_keys=False, width=120)


def _kafka() -> KafkaConnection:
    return KafkaConnection("none")


def _topic(wish: topics.Wish) -> dict[str, Any]:
    spec = {"topicName": wish.name, "partitions": wish.partitions, "replicas": REPLICAS, "config": wish.config}
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": wish.name, "labels": CLUSTER},
        "spec": spec,
    }


def _user(role: str) -> dict[str, Any]:
    name = f"hub-{role}" if ROLES[role].ours else role
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for grant in sorted(grants(_kafka(), role, f"User:{name}")):
        found[_resource(grant)].append(grant.operation.name.title().replace("_", ""))
    acls = [
        {"resource": _written(*resource), "operations": sorted(operations)} for resource, operations in found.items()
    ]
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": name, "labels": CLUSTER},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": acls},
        },
    }


def _resource(grant: Grant) -> tuple[str, str, str]:
    return _KINDS[grant.resource], grant.name, "prefix" if grant.pattern is Pattern.PREFIXED else "literal"


def _written(kind: str, name: str, pattern: str) -> dict[str, str]:
    return {"type": kind} if kind == "cluster" else {"type": kind, "name": name, "patternType": pattern}
