"""Settings: read once from the environment (`HUB_…`), a file or the secrets folder, then frozen."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from ssl import SSLContext, create_default_context
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, TypeAdapter, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters import keys
from adapters.kafka.connection import KafkaConnection, security
from adapters.tokens import AUDIENCE, ISSUER, Issuer
from domain.deciding.decision import Policy
from hub.access_settings import AccessSettings
from hub.api_settings import ApiSettings, IssuerSettings
from hub.console_settings import ConsoleSettings
from hub.partner_settings import LimitSettings as LimitSettings
from hub.partner_settings import SourceSettings
from hub.party_settings import PartySettings, safe_address
from hub.telemetry_settings import TelemetrySettings
from hub.webhook_settings import WebhookSettings

SigningKey = Annotated[SecretStr, Field(min_length=32)]


class KafkaSettings(BaseModel):
    """Where Kafka is; without `bootstrap_servers` the embedded one is used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap_servers: str | None = None
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,60}$")] = ""
    group: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")] = "hub"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    replication: Annotated[int, Field(ge=1, le=9)] = 1
    compression: Literal["zstd", "lz4", "snappy", "gzip", "none"] = "zstd"

    def security(self) -> dict[str, Any]:
        """Return the client's security arguments."""
        return security(
            self.security_protocol,
            self.sasl_mechanism,
            self.sasl_username,
            None if self.sasl_password is None else self.sasl_password.get_secret_value(),
            None if self.ca_file is None else str(self.ca_file),
            None if self.certificate_file is None else str(self.certificate_file),
            None if self.key_file is None else str(self.key_file),
        )


class DatabaseSettings(BaseModel):
    """Where PostgreSQL is; without `url` the embedded one is used. `ca_file` encrypts connections as `ssl` does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr | None = None
    ssl: bool = False
    ca_file: FilePath | None = None
    part: Annotated[str, Field(pattern=r"^\d{1,3}/\d{1,3}$")] = "0/1"
    others: tuple[SecretStr, ...] = ()

    @field_validator("part")
    @classmethod
    def _one_of_them(cls, part: str) -> str:
        """Refuse a part that there isn't."""
        number, count = map(int, part.split("/"))
        if number >= count:
            raise ValueError(f"the parts of {count} databases are 0/{count} to {count - 1}/{count}")
        return part

    def tls(self) -> SSLContext | None:
        """Return how connections are encrypted and the server's certificate is verified; None: they are not."""
        return create_default_context(cafile=self.ca_file) if self.ssl or self.ca_file is not None else None

    @property
    def share(self) -> tuple[int, int]:
        """Return which of how many databases this one is; it holds the shards whose number leaves that remainder."""
        number, count = map(int, self.part.split("/"))
        return number, count


class ClockSettings(BaseModel):
    """The hub's clock; tests and demonstrations move it ahead, so that deadlines of days come at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ahead: Annotated[timedelta, Field(ge=timedelta())] = timedelta()


class GatewaySettings(BaseModel):
    """The payment provider that `hub gateway payments` calls, and how patiently."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    api_key: SecretStr | None = None
    timeout: Annotated[timedelta, Field(ge=timedelta(milliseconds=100), le=timedelta(minutes=2))] = timedelta(
        seconds=15
    )
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16
    retry: Annotated[timedelta, Field(ge=timedelta(milliseconds=10))] = timedelta(seconds=1)
    retry_longest: Annotated[timedelta, Field(ge=timedelta(milliseconds=10))] = timedelta(minutes=2)
    tries: Annotated[int, Field(ge=1, le=1000)] = 12
    retry_slow: Annotated[timedelta, Field(ge=timedelta(milliseconds=10))] = timedelta(minutes=5)

    @field_validator("url")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        """Refuse an address to which the key would travel in clear text, or that has a key in it."""
        return None if url is None else safe_address(url)

    @property
    def lease(self) -> timedelta:
        """Return how long a process has a call: to ask, to send, to ask once more, and some time to store it all."""
        return 4 * self.timeout + timedelta(seconds=2)


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_", env_nested_delimiter="__", frozen=True, extra="ignore", secrets_dir=None
    )

    kafka: KafkaSettings = KafkaSettings()
    access: AccessSettings = AccessSettings()
    database: DatabaseSettings = DatabaseSettings()
    shards: Annotated[int, Field(ge=1, le=1024)] = 8
    partitions: Annotated[int, Field(ge=1, le=4096)] | None = None
    data: Path = Path(".hub")
    lease: Annotated[timedelta, Field(ge=timedelta(seconds=0.5))] = timedelta(seconds=5)
    watchdog: Annotated[timedelta, Field(ge=timedelta(seconds=2))] = timedelta(seconds=60)
    drain: Annotated[timedelta, Field(ge=timedelta(seconds=1))] = timedelta(seconds=20)
    held_up: Annotated[timedelta, Field(ge=timedelta(seconds=1))] = timedelta(seconds=60)
    clock: ClockSettings = ClockSettings()
    limits: LimitSettings = LimitSettings()
    sources: SourceSettings = SourceSettings()
    gateway: GatewaySettings = GatewaySettings()
    gateways: dict[str, PartySettings] = Field(default_factory=dict)
    api: ApiSettings = ApiSettings()
    console: ConsoleSettings = ConsoleSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    webhooks: WebhookSettings = WebhookSettings()
    token_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    issuers: dict[str, IssuerSettings] = Field(default_factory=dict)
    token_audience: Annotated[str, Field(min_length=1, max_length=200)] = AUDIENCE
    signing_keys: Annotated[tuple[SigningKey, ...], Field(validate_default=True)] = ()
    policy: dict[str, Any] = Field(default_factory=dict)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool | None = None

    @field_validator("issuers")
    @classmethod
    def _others(cls, issuers: dict[str, IssuerSettings]) -> dict[str, IssuerSettings]:
        """Refuse another issuer of the hub's own name: its tokens are those of HUB_TOKEN_KEY."""
        if ISSUER in issuers:
            raise ValueError(f"{ISSUER} signs with HUB_TOKEN_KEY: give another issuer another name")
        return issuers

    @field_validator("shards")
    @classmethod
    def _shared_out(cls, shards: int, info: ValidationInfo) -> int:
        """Refuse shards that the databases can't share evenly."""
        _, count = info.data["database"].share if "database" in info.data else (0, 1)
        if shards % count:
            raise ValueError(f"must be a multiple of the {count} databases of HUB_DATABASE__PART")
        return shards

    @field_validator("signing_keys")
    @classmethod
    def _shared(cls, keys: tuple[SecretStr, ...], info: ValidationInfo) -> tuple[SecretStr, ...]:
        """Refuse several databases without a common key: each would take the other's records for forgeries."""
        if "database" in info.data and info.data["database"].share[1] > 1 and not keys:
            raise ValueError("several databases (HUB_DATABASE__PART) need a key that all of them have")
        return keys

    @field_validator("partitions")
    @classmethod
    def _divisible(cls, partitions: int | None, info: ValidationInfo) -> int | None:
        """Refuse partitions that the shards can't share evenly: keys would lie in other shards than their orders."""
        shards = info.data.get("shards", 1)
        if partitions is not None and partitions % shards:
            raise ValueError(f"must be a multiple of HUB_SHARDS, which is {shards}")
        return partitions

    @property
    def partition_count(self) -> int:
        """Return how many partitions the hub gives to topics that it creates."""
        return self.partitions or self.shards

    @property
    def served(self) -> list[int]:
        """Return the shards that the database holds."""
        number, count = self.database.share
        return list(range(number, self.shards, count))

    def trusted(self) -> tuple[Issuer, ...]:
        """Return who else may sign commands' tokens; this machine's API is one where its key is known."""
        named = {name: each.named(name) for name, each in self.issuers.items()}
        if self.api.key is not None and self.api.issuer not in named:
            public = keys.public_half(self.api.key.get_secret_value())
            named[self.api.issuer] = Issuer(self.api.issuer, public)
        return tuple(named.values())

    def connection(self) -> KafkaConnection:
        """Return how to reach Kafka; `bootstrap_servers` must be known by now."""
        kafka = self.kafka
        assert kafka.bootstrap_servers is not None
        codec = None if kafka.compression == "none" else kafka.compression
        return KafkaConnection(kafka.bootstrap_servers, kafka.prefix, kafka.group, codec, kafka.security())

    def database_url(self) -> str:
        """Return the database's address for SQLAlchemy."""
        assert self.database.url is not None
        return _for_sqlalchemy(self.database.url)

    def database_address(self) -> str:
        """Return the database's address without its user and password."""
        return self.database_url().split("@")[-1]

    def other_databases(self) -> list[str]:
        """Return the addresses of the other parts' databases, as far as they are named."""
        return [_for_sqlalchemy(url) for url in self.database.others]

    def unknown_policy(self) -> list[str]:
        """Return the choices in HUB_POLICY that there are not."""
        return [f"HUB_POLICY {name}" for name in sorted(set(self.policy) - {each.name for each in fields(Policy)})]

    def domain_policy(self) -> Policy:
        """Return the retailer's choices; `HUB_POLICY='{"closing": "P7D"}'` changes one."""
        return TypeAdapter(Policy).validate_python(self.policy)


def _for_sqlalchemy(secret: SecretStr) -> str:
    url = secret.get_secret_value()
    scheme, rest = url.split("://", 1)
    return f"postgresql+asyncpg://{rest}" if scheme in ("postgres", "postgresql") else url


ELSEWHERE = frozenset(
    {"HUB_DATA", "HUB_SECRETS", "HUB_CACHE", "HUB_JAVA_HOME", "HUB_MAVEN_MIRROR", "HUB_PARENT", "HUB_TEST_SEED"}
    | {"HUB_FAILPOINTS", "HUB_FAILPOINTS_SEED", "HUB_FAILPOINTS_LOG"}
)
"""Names that other parts of the hub read."""


def unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Return the HUB_ variables that are no setting: a misspelt one must not be ignored in silence."""
    known = {name.upper() for name in Settings.model_fields}
    ours = [name for name in environment if name.startswith("HUB_") and name not in ELSEWHERE]
    return sorted(name for name in ours if name.removeprefix("HUB_").split("__")[0] not in known)
