"""How the hub connects to Kafka: addresses, security, and the names of its topics."""

import ssl
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.helpers import create_ssl_context

from adapters.kafka import bootstrapping
from adapters.kafka.tolerance import tolerant

bootstrapping.install()


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Where Kafka is and who the hub is there; `prefix` goes before every topic's name."""

    bootstrap_servers: str
    prefix: str = ""
    group: str = "hub"
    compression: str | None = "zstd"
    """The codec of what the hub writes; it reads all of them."""
    security: dict[str, Any] = field(default_factory=dict)

    def topic(self, name: str) -> str:
        """Return the real name of a topic of the table."""
        return f"{self.prefix}{name}"

    def name(self, topic: str) -> str:
        """Return the table's name of a real topic."""
        return topic.removeprefix(self.prefix)

    @property
    def transactions(self) -> str:
        """Return what the transactional ids of the shards begin with; the shard's number follows."""
        return f"{self.prefix}{self.group}-shard-"

    def gateway_group(self, gateway: str) -> str:
        """Return the group under which a gateway's position is kept."""
        return f"{self.prefix}{self.group}-gateway-{gateway}"

    def producer(self, **settings: Any) -> AIOKafkaProducer:
        """Return an idempotent producer that waits for all replicas."""
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers,
            enable_idempotence=True,
            acks="all",
            compression_type=self.compression,
            **self.security,
            **settings,
        )

    def consumer(self, *, uncommitted: bool = False, **settings: Any) -> AIOKafkaConsumer:
        """Return a consumer, of committed records unless said otherwise, that never resets its position by itself."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            isolation_level="read_uncommitted" if uncommitted else "read_committed",
            auto_offset_reset="none",
            enable_auto_commit=False,
            **self.security,
            **settings,
        )
        return tolerant(consumer)

    def admin(self) -> AIOKafkaAdminClient:
        """Return an admin client."""
        return AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers, **self.security)


def security(
    protocol: str = "PLAINTEXT",
    mechanism: str | None = None,
    username: str | None = None,
    password: str | None = None,
    ca_file: str | None = None,
    certificate_file: str | None = None,
    key_file: str | None = None,
) -> dict[str, Any]:
    """Return the client's security arguments for SASL and TLS."""
    arguments: dict[str, Any] = {"security_protocol": protocol}
    if "SASL" in protocol:
        arguments |= {
            "sasl_mechanism": mechanism or "SCRAM-SHA-512",
            "sasl_plain_username": username,
            "sasl_plain_password": password,
        }
    if "SSL" in protocol:
        context: ssl.SSLContext = create_ssl_context(cafile=ca_file, certfile=certificate_file, keyfile=key_file)
        arguments["ssl_context"] = context
    return arguments
