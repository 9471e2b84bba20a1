"""What an operator sets about parties that speak HTTP alone: where each is, and how patiently it is asked."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from hub.api_settings import LOCAL


def safe_address(url: str) -> str:
    """Return an address; raises ValueError where a key would travel to it in clear text, or one is in it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ValueError("must be like https://api.provider.example, without a user or a query")
    if parts.scheme == "http" and parts.hostname not in LOCAL:
        raise ValueError("must be https: the key would travel in clear text")
    return url


class PartySettings(BaseModel):
    """A party that `hub gateway ask` asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    key: SecretStr | None = None
    timeout: Annotated[timedelta, Field(ge=timedelta(milliseconds=100), le=timedelta(minutes=2))] = timedelta(
        seconds=15
    )
    patience: Annotated[timedelta, Field(ge=timedelta(), le=timedelta(days=1))] = timedelta(hours=1)
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16

    @field_validator("url")
    @classmethod
    def _safe(cls, url: str) -> str:
        """Refuse an address to which the key would travel in clear text, or that has a key in it."""
        return safe_address(url)
