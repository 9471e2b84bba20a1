"""Settings: read once from the environment (`HUB_…`), a file or the secrets folder, then frozen."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.kafka.connection import KafkaConnection, security
from domain.decision import Policy


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
    """Where PostgreSQL is; without `url` the embedded one is used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr | None = None
    ssl: bool = False


class ClockSettings(BaseModel):
    """The hub's clock; tests and demonstrations move it ahead, so that deadlines of days come at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ahead: Annotated[timedelta, Field(ge=timedelta())] = timedelta()


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_", env_nested_delimiter="__", frozen=True, extra="ignore", secrets_dir=None
    )

    kafka: KafkaSettings = KafkaSettings()
    database: DatabaseSettings = DatabaseSettings()
    shards: Annotated[int, Field(ge=1, le=1024)] = 8
    data: Path = Path(".hub")
    lease: timedelta = timedelta(seconds=3)
    held_up: Annotated[timedelta, Field(ge=timedelta(seconds=1))] = timedelta(seconds=60)
    clock: ClockSettings = ClockSettings()
    token_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    policy: dict[str, Any] = Field(default_factory=dict)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool | None = None

    def connection(self) -> KafkaConnection:
        """Return how to reach Kafka; `bootstrap_servers` must be known by now."""
        kafka = self.kafka
        assert kafka.bootstrap_servers is not None
        return KafkaConnection(kafka.bootstrap_servers, kafka.prefix, kafka.group, kafka.security())

    def database_url(self) -> str:
        """Return the database's address for SQLAlchemy."""
        assert self.database.url is not None
        url = self.database.url.get_secret_value()
        scheme, rest = url.split("://", 1)
        return f"postgresql+asyncpg://{rest}" if scheme in ("postgres", "postgresql") else url

    def unknown_policy(self) -> list[str]:
        """Return the choices in HUB_POLICY that there are not."""
        return [f"HUB_POLICY {name}" for name in sorted(set(self.policy) - {each.name for each in fields(Policy)})]

    def domain_policy(self) -> Policy:
        """Return the retailer's choices; `HUB_POLICY='{"closing": "P7D"}'` changes one."""
        return TypeAdapter(Policy).validate_python(self.policy)


ELSEWHERE = frozenset(
    {"HUB_DATA", "HUB_CACHE", "HUB_JAVA_HOME", "HUB_MAVEN_MIRROR", "HUB_PARENT", "HUB_TEST_SEED"}
    | {"HUB_FAILPOINTS", "HUB_FAILPOINTS_SEED", "HUB_FAILPOINTS_LOG"}
)
"""Names that other parts of the hub read."""


def unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Return the HUB_ variables that are no setting: a misspelt one must not be ignored in silence."""
    known = {name.upper() for name in Settings.model_fields}
    ours = [name for name in environment if name.startswith("HUB_") and name not in ELSEWHERE]
    return sorted(name for name in ours if name.removeprefix("HUB_").split("__")[0] not in known)
