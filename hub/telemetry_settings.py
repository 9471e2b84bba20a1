"""What an operator sets about telemetry: where probes and Prometheus are answered."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class TelemetrySettings(BaseModel):
    """Where a process answers `/livez`, `/readyz` and `/metrics`; without `port` it does not; 0 is any that is free.

    `traces_url` is a collector's OTLP address over HTTP, `traces_ratio` the share of sampled traces that is kept,
    `service` the name under which spans are found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    traces_url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    traces_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    service: Annotated[str, Field(min_length=1, max_length=100)] = "fulfilment-hub"
