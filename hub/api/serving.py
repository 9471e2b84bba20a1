"""Serving: the API as a process of its own, until SIGTERM; what is in hand is answered first."""

import asyncio
import resource
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from hub import database, projection, sampling
from hub.api import connections
from hub.api.application import application
from hub.api.context import Context
from hub.api.live import end_streams
from hub.api.metering import Meter
from hub.app import run_until_told
from hub.desk import health, open_desk
from hub.desk.acts import ApiKeyIsMissing
from hub.errors import ApiOfSeveralDatabases
from hub.gauging import Gauging
from hub.http_servers import Server, address_of, listening
from hub.patience import while_away
from hub.settings import Settings
from hub.telemetry.process import Telemetry

LOG: Final = structlog.get_logger("api")
GRACE_SECONDS: Final = 10
AGAIN_SECONDS: Final = 5
"""Until what is kept beside the answers is tried again where that failed."""
OTHER_FILES: Final = 200
"""What a process has open beside the connections of its clients, generously."""
HEADER_BYTES: Final = 64 * 1024


def run(settings: Settings) -> None:
    """Run the API until SIGTERM or SIGINT; raises NotUsable where settings lack something, ApiOfSeveralDatabases."""
    if settings.api.key is None:
        raise ApiKeyIsMissing
    run_until_told(settings, lambda told, stop, telemetry: serve(told, stop, telemetry=telemetry))


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    on_ready: Callable[[str], None] | None = None,
    telemetry: Telemetry | None = None,
) -> None:
    """Answer requests until `stop`, and tell `on_ready` under which address; wait for a database that is away.

    Raises ApiOfSeveralDatabases, RightsAreMissing, SchemaIsBehind, or NotUsable where the address is taken.
    """
    _, count = settings.database.share
    if count > 1:
        raise ApiOfSeveralDatabases(settings.database.part, count)
    await while_away("api", stop, lambda: _check(settings), telemetry)
    allow_files(settings.api.clients + OTHER_FILES)
    listener = listening(settings.api.host, settings.api.port, "HUB_API__PORT")
    app = application(settings)
    gauging = Gauging(settings)
    if telemetry is not None:
        _add_figures(app, telemetry, gauging)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_keep_alive=connections.KEEP_ALIVE_SECONDS,
        http=_protocol(app, settings.api.clients),  # type: ignore[arg-type]  # it is called
        lifespan="on",
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="api")
    address = address_of(listener)
    LOG.info("api running", address=address)
    if on_ready is not None:
        on_ready(address)
    stopping = asyncio.create_task(stop.wait())
    beside = [
        asyncio.create_task(_keep(what, work, settings, stop), name=what)
        for what, work, wanted in (
            ("listing", projection.serve, settings.api.project),
            ("figures", sampling.serve, settings.api.sample),
            ("gauges", lambda _, stop: gauging.serve(stop), settings.telemetry.port is not None),
        )
        if wanted
    ]
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    stop.set()
    end_streams(app)
    server.should_exit = True
    await asyncio.gather(serving, *beside)


def _add_figures(app: FastAPI, telemetry: Telemetry, gauging: Gauging) -> None:
    """Have the process tell on its own port what its requests were like, how the hub is, and whether it is ready."""
    meter: Meter = app.state.meter
    meter.tracing = telemetry.tracing
    telemetry.registry.register(meter)
    telemetry.registry.register(gauging)

    async def trouble() -> str | None:
        context: Context | None = getattr(app.state, "context", None)
        return "it is starting" if context is None else await health.database_trouble(context.desk)

    telemetry.trouble = trouble


def _protocol(app: FastAPI, most: int) -> Callable[..., connections.Connection]:
    meter: Meter = app.state.meter
    return partial(connections.Connection, most=most, refused=set(), noted=meter.refused)


_Work = Callable[[Settings, asyncio.Event], Awaitable[None]]


async def _keep(what: str, work: _Work, settings: Settings, stop: asyncio.Event) -> None:
    """Keep what lists, search and charts read, unless other processes do.

    Where that fails for another reason than a server that is away, the log says so each time, lists say that they are
    behind, and single orders and acts go on.
    """
    while not stop.is_set():
        try:
            await work(settings, stop)
        except Exception as error:
            LOG.error("can't be kept; trying again", what=what, error=type(error).__name__, exc_info=error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AGAIN_SECONDS)


async def _check(settings: Settings) -> None:
    """Raise what of the database isn't as the API needs it."""
    async with open_desk(settings) as desk:
        await database.check(desk.engine, database.Role.API)


def allow_files(wanted: int) -> None:
    """Let this process have so many files open, as far as it may: where it may not, the log says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if most < wanted:
        LOG.warning(
            "fewer files may be open than HUB_API__CLIENTS needs: raise the hard limit", hard=hard, needs=wanted
        )
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
