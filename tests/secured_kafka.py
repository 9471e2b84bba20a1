"""A Kafka as a retailer has it: TLS, SCRAM, and nobody may do anything that was not granted.

Its administrator comes by a second listener, which is open on this machine alone.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, Int8, Int16, Int32, Schema, TaggedFields

from adapters.embedded import Addresses, EmbeddedServers, ports
from adapters.embedded.kafka import Behind
from tests.certificates import certificate

HOST: Final = "127.0.0.1"
SCRAM_SHA_512: Final = 2
ITERATIONS: Final = 4096


@dataclass(frozen=True, slots=True)
class Secured:
    """The servers: `addresses` is the administrator's way, `bootstrap_servers` everybody else's."""

    addresses: Addresses
    bootstrap_servers: str
    ca_file: Path
    server_file: Path
    """The certificate of this machine, with its key."""
    passwords: dict[str, str]

    def environment(self, user: str) -> dict[str, str]:
        """Return the settings by which a process is this user."""
        return {
            "HUB_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "HUB_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
            "HUB_KAFKA__SASL_USERNAME": user,
            "HUB_KAFKA__SASL_PASSWORD": self.passwords[user],
            "HUB_KAFKA__CA_FILE": str(self.ca_file),
        }

    async def add_user(self, user: str, password: str | None = None) -> None:
        """Give a user a password, another one where it has one."""
        self.passwords[user] = password or secrets.token_urlsafe(24)
        admin = AIOKafkaAdminClient(bootstrap_servers=self.addresses.bootstrap_servers)
        await admin.start()
        try:
            answer: Any = await admin._send_to_controller(_Upsert(user, self.passwords[user]))
            for name, code, message, _ in answer.results:
                if code:
                    raise for_code(code)(f"{name}: {message}")
        finally:
            await admin.close()


@contextmanager
def secured_kafka(folder: Path, properties: Mapping[str, str] | None = None) -> Iterator[Secured]:
    """Run it, and a PostgreSQL beside it, as long as the block."""
    folder.mkdir(exist_ok=True)
    server_file, ca_file = certificate("localhost", folder, HOST)
    (port,) = ports.some(1)
    settings = {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,BEHIND:SASL_SSL",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": "false",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.behind.ssl.keystore.type": "PEM",
        "listener.name.behind.ssl.keystore.location": str(server_file),
        "listener.name.behind.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        **(properties or {}),
    }
    servers = EmbeddedServers(
        folder / "servers", keep=False, kafka_properties=settings, kafka_behind=Behind(port, port)
    )
    with servers as addresses:
        yield Secured(addresses, f"{HOST}:{port}", ca_file, server_file, {})


class _Upserted(Response):
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _UpsertStruct(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = _Upserted
    SCHEMA = Schema(
        (
            "deletions",
            CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Upsert(Request[_UpsertStruct]):
    API_KEY = 51

    def __init__(self, user: str, password: str) -> None:
        salt = secrets.token_bytes(16)
        salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
        self._row: tuple[str, int, int, bytes, bytes, dict[int, bytes]] = (
            user,
            SCRAM_SHA_512,
            ITERATIONS,
            salt,
            salted,
            {},
        )

    def build(self, request_struct_class: type[_UpsertStruct]) -> _UpsertStruct:
        return request_struct_class([], [self._row], {})
