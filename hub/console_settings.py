"""What an operator sets about the console (`HUB_CONSOLE__…`)."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

Origin = Annotated[str, Field(pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?$")]


class ConsoleSettings(BaseModel):
    """The console's pages: whether they are served, in which time zone, and who may show them in a frame."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    zone: str = "UTC"
    frame_ancestors: tuple[Origin, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        """Refuse a zone that there is not."""
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no time zone is called so: Europe/Paris is one") from error
        return zone
