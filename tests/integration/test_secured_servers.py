"""The hub on servers as a retailer has them: TLS, passwords, and everything denied that was not granted."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from adapters import keys
from adapters.kafka import access as kafka_access
from adapters.kafka import connection
from adapters.kafka.access import Grant, Operation, Pattern, Resource
from adapters.kafka.connection import KafkaConnection
from adapters.postgres.roles import Role
from contracts.topics import INBOUND, TOPICS
from hub.access import ROLES
from hub.desk import access
from hub.errors import NotUsable
from tests.certificates import certificate
from tests.secured_kafka import Secured, secured_kafka
from tests.secured_postgres import over_tls
from tests.stage import PASSWORD, Stage, make_users, url_of

pytestmark = [pytest.mark.integration, pytest.mark.e2e, pytest.mark.timeout(600)]
OURS = [name for name, role in ROLES.items() if role.ours]
THEIRS = [name for name, role in ROLES.items() if not role.ours]
PARTNERS = "partners"
"""Everybody that the simulation plays, as one user."""
EVERY = sorted({*(topic.name for topic in TOPICS), *(topic.dead_letters for topic in INBOUND)})
PERSONAL = ("shop.events", "shop.events.dlt", "order.status", "warehouse.requests", "hub.internal", "payment.requests")
"""What not everybody may read."""
PREPARED = (
    ("db upgrade", None),
    ("db roles --apply", None),
    ("acl apply", None),
    ("topics apply", "hub-operator"),
)
TOKEN_KEY = "a key for tests only, and long enough"
API_KEY = keys.new_pair()[0]


@dataclass(frozen=True, slots=True)
class Place:
    """The servers with users, topics and rights; commands are run there as one user or another."""

    servers: Secured
    folder: Path
    database_url: str
    """The owner's, over TLS."""

    def environment(self, user: str | None) -> dict[str, str]:
        """Return a process's settings; without a user those of Kafka's administrator."""
        clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
        named = {role: [f"User:{role}", f"User:{PARTNERS}"] for role in THEIRS}
        named["api"] = ["User:hub-api", f"User:{PARTNERS}"]  # the simulated carrier sees parcels: the warehouse's topic
        return {
            **clean,
            "HUB_KAFKA__BOOTSTRAP_SERVERS": self.servers.addresses.bootstrap_servers,
            "HUB_KAFKA__PREFIX": "eu.",
            "HUB_DATABASE__URL": self.database_url if user is None else self._database_of(user),
            "HUB_DATABASE__CA_FILE": str(self.servers.ca_file),
            "HUB_SHARDS": "2",
            "HUB_LEASE": "PT2S",
            "HUB_TOKEN_KEY": TOKEN_KEY,
            "HUB_API__KEY": API_KEY,
            "HUB_ACCESS__PRINCIPALS": json.dumps(named),
            **({} if user is None else self.servers.environment(user)),
        }

    def _database_of(self, user: str) -> str:
        """Return the database's address for a user, who is a member of a role and owns nothing."""
        return url_of(self.database_url, Role.API if user == "hub-api" else Role.RUNTIME)

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


async def test_a_kafka_that_checks_nobodys_rights_is_told_of(stage: Stage) -> None:
    for act in (access.plan, access.apply):
        with pytest.raises(NotUsable, match=r"checks nobody's rights, and keeps none: set authorizer.class.name"):
            await act(stage.desk)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Servers on which everything is prepared as the how-tos say."""
    folder = tmp_path_factory.mktemp("secured")
    with secured_kafka(folder) as servers, over_tls(servers.addresses.database_url, servers.server_file) as url:

        async def users() -> None:
            for user in (*(f"hub-{role}" for role in OURS), *THEIRS, PARTNERS, "stranger"):
                await servers.add_user(user)

        asyncio.run(users())
        place = Place(servers, folder, url)
        for command, user in PREPARED:
            done = place.hub(*command.split(), user=user)
            assert done.returncode == 0, done.stderr
            if command == "db roles --apply":
                asyncio.run(make_users(servers.addresses.database_url))
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


async def test_what_a_user_may_do_elsewhere_on_the_same_kafka_is_left_alone(place: Place) -> None:
    elsewhere = {
        Grant("User:hub-run", Resource.TOPIC, "us.order.events", Operation.WRITE),
        Grant("User:shop", Resource.TOPIC, "loyalty.points", Operation.READ),
        Grant("User:shop", Resource.GROUP, "loyalty", Operation.READ),
        Grant("User:monitoring", Resource.TOPIC, "eu.", Operation.DESCRIBE, Pattern.PREFIXED),
    }
    too_much = Grant("User:carrier", Resource.GROUP, "hub", Operation.READ)
    admin = KafkaConnection(place.servers.addresses.bootstrap_servers).admin()
    await admin.start()
    try:
        await kafka_access.grant(admin, [*elsewhere, too_much])
        planned = await asyncio.to_thread(_json, place, ("acl", "apply", "--prune", "--json"), {})
        assert [(row["principal"], row["name"]) for row in planned["beyond"]] == [("User:carrier", "hub")]
        assert await kafka_access.granted(admin) >= elsewhere
        await kafka_access.revoke(admin, elsewhere)
        assert not await kafka_access.granted(admin) & {*elsewhere, too_much}
    finally:
        await admin.close()


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
    assert json.loads(proved.stdout)["orders"] >= 20, "orders of exchanges come on top"


def test_a_database_with_a_certificate_of_another_authority_is_not_believed(place: Place, tmp_path: Path) -> None:
    _, other = certificate("localhost", tmp_path, "127.0.0.1")
    done = place.run(("db", "current"), {**place.environment(None), "HUB_DATABASE__CA_FILE": str(other)})
    assert done.returncode == 5
    assert "certificate" in done.stderr.lower()
    assert PASSWORD not in done.stdout + done.stderr


async def test_each_role_reads_and_writes_what_is_its_own_and_nobody_else_anything(place: Place) -> None:
    at = place.servers
    administrator = {"bootstrap_servers": at.addresses.bootstrap_servers}
    assert await _allowed(administrator, _writing, EVERY) == set(EVERY), "there is something to read in every topic"
    for name, role in ROLES.items():
        client = _client(at, f"hub-{name}" if role.ours else name)
        assert await _allowed(client, _writing, EVERY) == set(role.writes), name
        asked = {*PERSONAL, *role.reads[:2]}
        assert await _allowed(client, _reading, asked) == asked & set(role.reads), name
    assert await _allowed(_client(at, "stranger"), _writing, EVERY) == set()
    assert await _allowed(_client(at, "stranger"), _reading, PERSONAL) == set()


def _client(servers: Secured, user: str) -> dict[str, Any]:
    security = connection.security("SASL_SSL", "SCRAM-SHA-512", user, servers.passwords[user], str(servers.ca_file))
    return {"bootstrap_servers": servers.bootstrap_servers, **security}


async def _allowed(client: Mapping[str, Any], opened: Any, names: Iterable[str]) -> set[str]:
    """Return the topics of some on which a user may do something."""
    found = set()
    async with opened(client) as attempt:
        for name in names:
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
