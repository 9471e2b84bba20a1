"""What an operator sets about webhooks: where they may go, how they are sent, and what seals their secrets."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

SealingKey = Annotated[SecretStr, Field(min_length=32)]


class WebhookSettings(BaseModel):
    """Webhooks (`hub gateway webhooks`, and the API's part in them)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout: Annotated[timedelta, Field(ge=timedelta(milliseconds=100), le=timedelta(minutes=1))] = timedelta(
        seconds=15
    )
    concurrency: Annotated[int, Field(ge=1, le=5000)] = 200
    each: Annotated[int, Field(ge=1, le=100)] = 4
    allow_private: tuple[IPv4Network | IPv6Network, ...] = ()
    ca_file: Path | None = None
    keys: tuple[SealingKey, ...] = ()

    @property
    def lease(self) -> timedelta:
        """Return how long a process has a delivery: a call, and some time to store what came of it."""
        return 2 * self.timeout + timedelta(seconds=1)

    def sealing(self) -> tuple[str, ...]:
        """Return the keys that secrets are sealed with, the newest first."""
        return tuple(each.get_secret_value() for each in self.keys)
