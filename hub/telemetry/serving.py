"""The door for probes and Prometheus: `/livez`, `/readyz`, `/metrics` on a port of its own, for every process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog

from hub.telemetry.process import Telemetry
from hub.telemetry_settings import TelemetrySettings

LOG: Final = structlog.get_logger("telemetry")
READY_SECONDS: Final = 5.0
"""How long a process may take to say whether it is ready."""
CLIENTS: Final = 32
HEADER_BYTES: Final = 16 * 1024


@asynccontextmanager
async def told(settings: TelemetrySettings, telemetry: Telemetry) -> AsyncIterator[str | None]:
    """Answer probes and Prometheus as long as the block, and name the address; None where no port is set.

    Raises NotUsable.
    """
    if settings.port is None:
        yield None
        return
    from hub import http_servers  # what it is made of is loaded only where it is wanted

    listener = http_servers.listening(settings.host, settings.port, "HUB_TELEMETRY__PORT")
    server, address = http_servers.Server(_config(telemetry)), http_servers.address_of(listener)
    LOG.info("telemetry served", address=address)
    watching = asyncio.create_task(telemetry.watch_loop(), name="loop-delay")
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="telemetry")
    try:
        yield address
    finally:
        watching.cancel()
        server.should_exit = server.force_exit = True
        with suppress(asyncio.CancelledError):
            await serving


def _config(telemetry: Telemetry) -> Any:
    import uvicorn
    from fastapi import FastAPI, Request, Response
    from fastapi.responses import JSONResponse
    from prometheus_client.exposition import CONTENT_TYPE_LATEST

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        why = await trouble_of(telemetry)
        body = {"status": "ready" if why is None else "not ready", "why": why}
        return JSONResponse(body, 200 if why is None else 503)

    async def metrics(_: Request) -> Response:
        return Response(telemetry.text(), media_type=CONTENT_TYPE_LATEST)

    app = FastAPI(openapi_url=None)
    for path, answer in (("/livez", livez), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_route(path, answer)
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=CLIENTS,
        h11_max_incomplete_event_size=HEADER_BYTES,
    )


async def trouble_of(telemetry: Telemetry) -> str | None:
    """Return why a process can't work; one that does not say so in time can't."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            return await telemetry.trouble()
    except TimeoutError:
        return f"it took longer than {READY_SECONDS:g} s to find out"
