"""`hub run`: one hub process, until SIGTERM or SIGINT; it waits for servers that are not there yet."""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
import uvloop
from tenacity import AsyncRetrying, retry_if_exception, wait_exponential_jitter

from adapters import failpoints
from consumers.shard.failures import FailureKind, failure
from consumers.shard.metering import Meter
from hub import log
from hub.errors import ServerRefuses
from hub.settings import Settings
from hub.telemetry.pipeline import Pipeline
from hub.telemetry.process import Telemetry
from hub.telemetry.serving import told
from hub.telemetry.tracing import Tracing
from hub.wiring import Hub

LOG: Final = structlog.get_logger("hub")
COLLECT_AFTER: Final = (200_000, 20, 20)
"""A batch makes a hundred thousand objects that live as long as it does: to look at them again and again is waste.
With 50,000 a collection took 39 ms, and all of them together one part in twenty of a backlog."""
PARENT: Final = "HUB_PARENT"
"""Set by `hub up` and `hub demo`: the process with which this one ends."""
PARENT_SECONDS: Final = 1.0

Serve = Callable[[Settings, asyncio.Event, Telemetry], Coroutine[Any, Any, None]]


def run(settings: Settings) -> None:
    """Run the hub until it is told to stop."""
    run_until_told(settings, _serve)


def run_until_told(settings: Settings, serve: Serve) -> None:
    """Run a process of the hub until SIGTERM or SIGINT, and let it finish what is in hand."""
    log.configure(settings.log_level, settings.log_json)
    failpoints.arm(dict(os.environ))
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    uvloop.run(until_told(settings, serve))


async def _stop_with_parent(stop: asyncio.Event) -> None:
    """Stop when the process that started this one, and wants it to end with it, is gone."""
    parent = os.environ.get(PARENT)
    while parent is not None and str(os.getppid()) == parent:  # noqa: ASYNC110 - the system tells nobody of it
        await asyncio.sleep(PARENT_SECONDS)
    if parent is not None:
        LOG.warning("the parent is gone; stopping", parent=parent)
        stop.set()


async def until_told(settings: Settings, serve: Serve) -> None:
    """Serve until SIGTERM or SIGINT, and answer probes meanwhile; raises what `serve` raises by itself, NotUsable."""
    tracing = None if settings.telemetry.traces_url is None else Tracing(settings.telemetry, settings.kafka.group)
    telemetry = Telemetry(tracing)
    try:
        async with told(settings.telemetry, telemetry):
            await _until_told(settings, serve, telemetry)
    finally:
        if tracing is not None:
            await asyncio.to_thread(tracing.close)


async def _until_told(settings: Settings, serve: Serve, telemetry: Telemetry) -> None:
    stop = asyncio.Event()
    following = asyncio.create_task(_stop_with_parent(stop))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve(settings, stop, telemetry))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    following.cancel()
    drain = settings.drain.total_seconds()
    limit = asyncio.timeout(drain if stop.is_set() else None)
    try:
        async with limit:
            await serving
    except TimeoutError:
        if not limit.expired():  # a server's silence, and no end of ours
            raise
        LOG.error("what was in hand took too long", seconds=drain)
    LOG.info("stopped")


def is_away(error: BaseException) -> bool:
    """Tell whether a server may answer later; one that refuses who asks needs a person."""
    return isinstance(error, Exception) and failure(error).kind is FailureKind.TRANSIENT


async def _serve(settings: Settings, stop: asyncio.Event, telemetry: Telemetry) -> None:
    """Run the hub; where a server is away, wait for it as long as it takes."""
    meter = Meter()
    hub: Hub | None = None
    telemetry.registry.register(Pipeline(meter, lambda: None if hub is None else hub.ownership))

    async def trouble() -> str | None:
        return "it waits for its servers" if hub is None else hub.trouble

    def away(state: object) -> None:
        outcome = getattr(state, "outcome", None)
        reason = repr(outcome.exception())[:200] if outcome is not None else ""
        LOG.warning("a server is away; waiting for it", reason=reason)

    waiting = AsyncRetrying(
        retry=retry_if_exception(is_away),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        stop=lambda _: stop.is_set(),
        before_sleep=away,
        reraise=True,
    )
    try:
        async for attempt in waiting:
            with attempt:
                hub = Hub(settings, meter, telemetry.tracing)
                telemetry.trouble = trouble
                await hub.run(stop, lambda: LOG.info("hub running"))
    except Exception as error:
        if failure(error).kind is FailureKind.SETUP:
            raise ServerRefuses(str(getattr(error, "orig", None) or error)) from error
        raise
