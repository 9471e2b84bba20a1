"""The hub on a Kafka as a retailer has it: TLS, SCRAM, and everything denied that `hub acl apply` has not granted."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from adapters import keys
from adapters.kafka import connection
from contracts.topics import INBOUND, TOPICS
from hub.access import ROLES
from tests.secured_kafka import Secured, secured_kafka

pytestmark = [pytest.mark.integration, pytest.mark.e2e, pytest.mark.timeout(600)]
OURS = [name for name, role in ROLES.items() if role.ours]
THEIRS = [name for name, role in ROLES.items() if not role.ours]
PARTNERS = "partners"
"""Everybody that the simulation plays, as one user."""
EVERY = sorted({*(topic.name for topic in TOPICS), *(topic.dead_letters for topic in INBOUND)})
TOKEN_KEY = "a key for tests only, and long enough"
API_KEY = keys.new_pair()[0]


@dataclass(frozen=True, slots=True)
class Place:
    """The servers with users, topics and rights; commands are run there as one user or another."""

    servers: Secured
    folder: Path

    def environment(self, user: str | None) -> dict[str, str]:
        """Return a process's settings; without a user those of Kafka's administrator."""
        clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
        named = {role: [f"User:{role}", f"User:{PARTNERS}"] for role in THEIRS}
        named["api"] = ["User:hub-api", f"User:{PARTNERS}"]  # the simulated carrier sees parcels: the warehouse's topic
        at = self.servers.addresses
        return {
            **clean,
            "HUB_KAFKA__BOOTSTRAP_SERVERS": at.bootstrap_servers,
            "HUB_KAFKA__PREFIX": "eu.",
            "HUB_DATABASE__URL": at.database_url,
            "HUB_SHARDS": "2",
            "HUB_LEASE": "PT2S",
            "HUB_TOKEN_KEY": TOKEN_KEY,
            "HUB_API__KEY": API_KEY,
            "HUB_ACCESS__PRINCIPALS": json.dumps(named),
            **({} if user is None else self.servers.environment(user)),
        }

    def hub(self, *command: str, user: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as a user."""
        return self.run(command, self.environment(user))

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "hub", *command],
            env=dict(environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @asynccontextmanager
    async def running(self, *command: str, user: str, **settings: str) -> Any:
        """Run a process of the hub as long as the block; yields where its log is."""
        log = self.folder / f"{user}.log"
        with log.open("wb") as told:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "hub", *command),
                env={**self.environment(user), **settings},
                cwd=self.folder,
                stdout=told,
                stderr=told,
            )
        try:
            yield log
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(process.wait(), 60)
        assert code == 0, log.read_text()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Servers on which everything is prepared as the how-to says."""
    folder = tmp_path_factory.mktemp("secured")
    with secured_kafka(folder) as servers:

        async def users() -> None:
            for user in (*(f"hub-{role}" for role in OURS), *THEIRS, PARTNERS, "stranger"):
                await servers.add_user(user)

        asyncio.run(users())
        place = Place(servers, folder)
        for command, user in (
            (("db", "upgrade"), None),
            (("acl", "apply"), None),
            (("topics", "apply"), "hub-operator"),
        ):
            done = place.hub(*command, user=user)
            assert done.returncode == 0, done.stderr
        yield place


def test_what_is_granted_is_planned_once_and_what_is_beyond_is_revoked_when_asked(place: Place) -> None:
    done = place.hub("acl", "plan")
    assert (done.returncode, done.stdout.strip()) == (0, "Nothing to do."), done.stderr
    named = json.loads(place.environment(None)["HUB_ACCESS__PRINCIPALS"])
    more = {"HUB_ACCESS__PRINCIPALS": json.dumps({**named, "carrier": [*named["carrier"], "User:another-carrier"]})}
    assert _json(place, ("acl", "plan", "--json"), more, code=1)["beyond"] == []
    granted = _json(place, ("acl", "apply", "--json"), more)["missing"]
    assert {(row["principal"], row["name"], row["operation"]) for row in granted} == {
        ("User:another-carrier", "eu.carrier.events", right) for right in ("write", "describe")
    }
    # It is a partner no more: nothing names it, and it may still write.
    assert _json(place, ("acl", "plan", "--json"), {}, code=1) == {"missing": [], "beyond": granted}
    assert _json(place, ("acl", "apply", "--json"), {})["beyond"] == [], "only when asked"
    assert _json(place, ("acl", "apply", "--prune", "--json"), {})["beyond"] == granted
    assert _json(place, ("acl", "plan", "--json"), {}) == {"missing": [], "beyond": []}


def _json(place: Place, command: tuple[str, ...], environment: Mapping[str, str], code: int = 0) -> Any:
    done = place.run(command, {**place.environment(None), **environment})
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_who_may_not_alter_the_cluster_is_told_so(place: Place) -> None:
    more = {**place.environment("hub-operator"), "HUB_ACCESS__PRINCIPALS": '{"subscriber": ["User:hub-operator"]}'}
    done = place.run(("acl", "apply"), more)
    assert done.returncode != 0
    assert "may not alter the cluster" in done.stderr
    assert "Traceback" not in done.stderr


async def test_orders_go_their_way_with_these_rights_alone(place: Place) -> None:
    async with place.running("run", user="hub-run") as log, place.running("api", user="hub-api", HUB_API__PORT="0"):
        done = await asyncio.to_thread(
            place.hub, "simulate", "--orders", "20", "--mischief", "low", "--json", user=PARTNERS
        )
        assert done.returncode == 0, done.stderr
        assert "NotAuthorized" not in log.read_text()
    proved = place.hub("verify", "--json", user="hub-operator")
    assert proved.returncode == 0, proved.stdout + proved.stderr
    listed = place.hub("order", "list", "--json", user="hub-operator")
    assert len(json.loads(listed.stdout)) == 20


async def test_each_role_reads_and_writes_what_is_its_own_and_nobody_else_anything(place: Place) -> None:
    at = place.servers
    administrator = {"bootstrap_servers": at.addresses.bootstrap_servers}
    assert await _allowed(administrator, _writing) == set(EVERY), "there is something to read in every topic"
    for name, role in ROLES.items():
        client = _client(at, f"hub-{name}" if role.ours else name)
        assert await _allowed(client, _writing) == set(role.writes), name
        assert await _allowed(client, _reading) == set(role.reads), name
    assert await _allowed(_client(at, "stranger"), _writing) == set()
    assert await _allowed(_client(at, "stranger"), _reading) == set()


def _client(servers: Secured, user: str) -> dict[str, Any]:
    security = connection.security("SASL_SSL", "SCRAM-SHA-512", user, servers.passwords[user], str(servers.ca_file))
    return {"bootstrap_servers": servers.bootstrap_servers, **security}


async def _allowed(client: Mapping[str, Any], opened: Any) -> set[str]:
    """Return the topics on which a user may do something."""
    found = set()
    async with opened(client) as attempt:
        for name in EVERY:
            try:
                await asyncio.wait_for(attempt(f"eu.{name}"), 60)
            except TopicAuthorizationFailedError:
                continue
            found.add(name)
    return found


@asynccontextmanager
async def _writing(client: Mapping[str, Any]) -> Any:
    async with AIOKafkaProducer(**client) as producer:
        yield lambda topic: producer.send_and_wait(topic, b"no event", key=b"nobody", partition=0)


@asynccontextmanager
async def _reading(client: Mapping[str, Any]) -> Any:
    async with AIOKafkaConsumer(**client, auto_offset_reset="none") as consumer:

        async def one(topic: str) -> None:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            consumer.seek(partition, 0)
            while not await consumer.getmany(partition, timeout_ms=500, max_records=1):
                if topic in consumer._client.cluster.unauthorized_topics:
                    raise TopicAuthorizationFailedError(topic)

        yield one
