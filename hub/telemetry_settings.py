"""What an operator sets about telemetry: where probes and Prometheus are answered."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class TelemetrySettings(BaseModel):
    """Where a process answers `/livez`, `/readyz` and `/metrics`; without `port` it does not; 0 is any that is free."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
