"""`hub gateway webhooks`: one process that tells endpoints what happens to orders."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from adapters.calls.traced import Tell
from adapters.postgres.roles import Role
from adapters.postgres.webhook_deliveries import Deliveries
from adapters.postgres.webhook_fan_out import FanOut
from adapters.webhooks.client import Receivers
from adapters.webhooks.deliverer import Deliverer
from adapters.webhooks.schedule import Schedule
from hub import database
from hub.app import run_until_told
from hub.patience import while_away
from hub.settings import Settings
from hub.telemetry.process import Telemetry, told_of
from hub.wiring import engine_of

LOG: Final = structlog.get_logger("webhooks")
CONNECTIONS: Final = 8


def run(settings: Settings) -> None:
    """Deliver until SIGTERM or SIGINT; raises RightsAreMissing, SchemaIsBehind."""
    run_until_told(settings, serve)


async def serve(settings: Settings, stop: asyncio.Event, telemetry: Telemetry | None = None) -> None:
    """Deliver; where PostgreSQL is away, start again as long as it takes: nothing is kept in memory alone."""
    await while_away("webhooks", stop, lambda: deliver(settings, stop, tell=told_of(telemetry)), telemetry)


async def deliver(
    settings: Settings,
    stop: asyncio.Event,
    ahead: Callable[[], timedelta] | None = None,
    schedule: Schedule | None = None,
    tell: Tell | None = None,
) -> None:
    """Deliver until `stop`; raises RightsAreMissing, SchemaIsBehind, and what PostgreSQL says.

    `ahead` tells how far the clock is moved, if not as settings say; a `schedule` without chance is for tests. `tell`
    hears of each call of a trace.
    """
    webhooks, engine = settings.webhooks, engine_of(settings, connections=CONNECTIONS)
    moved = ahead or (lambda: settings.clock.ahead)
    trusted = None if webhooks.ca_file is None else str(webhooks.ca_file)
    receivers = Receivers(webhooks.timeout.total_seconds(), webhooks.allow_private, webhooks.concurrency, trusted)
    try:
        await database.check(engine, Role.API)
        deliverer = Deliverer(
            Deliveries(engine, webhooks.lease, webhooks.each, moved),
            FanOut(engine, moved),
            receivers,
            webhooks.concurrency,
            webhooks.sealing(),
            schedule or Schedule(),
            tell,
        )
        LOG.info("webhooks running")
        await deliverer.run(stop)
    finally:
        await receivers.close()
        await engine.dispose()
