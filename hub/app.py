"""`hub run`: one hub process, until SIGTERM or SIGINT; it waits for servers that are not there yet."""

import asyncio
import os
import signal
from typing import Final

import structlog
import uvloop
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError
from tenacity import AsyncRetrying, retry_if_exception, wait_exponential_jitter

from adapters import failpoints
from hub import log
from hub.settings import Settings
from hub.wiring import Hub

LOG: Final = structlog.get_logger("hub")
PARENT: Final = "HUB_PARENT"
"""Set by `hub up` and `hub demo`: the process with which this one ends."""
AWAY: Final = ("08", "53", "57")
"""Classes of SQLSTATE: the connection, too little of something, stopped by somebody."""
PARENT_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 20.0
"""How long the batches in hand may take after the first signal."""


def run(settings: Settings) -> None:
    """Run the hub until it is told to stop."""
    log.configure(settings.log_level, settings.log_json)
    failpoints.arm(dict(os.environ))
    uvloop.run(_run(settings))


async def _stop_with_parent(stop: asyncio.Event) -> None:
    """Stop when the process that started this one, and wants it to end with it, is gone."""
    parent = os.environ.get(PARENT)
    while parent is not None and str(os.getppid()) == parent:  # noqa: ASYNC110 - the system tells nobody of it
        await asyncio.sleep(PARENT_SECONDS)
    if parent is not None:
        LOG.warning("the parent is gone; stopping", parent=parent)
        stop.set()


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    following = asyncio.create_task(_stop_with_parent(stop))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(_serve(settings, stop))
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    following.cancel()
    try:
        async with asyncio.timeout(DRAIN_SECONDS if stop.is_set() else None):
            await serving
    except TimeoutError:
        LOG.error("the batches in hand took too long", seconds=DRAIN_SECONDS)
    LOG.info("hub stopped")


def _is_away(error: BaseException) -> bool:
    """Tell whether a server is away, starts or stops, or has no room for another session."""
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "sqlstate", ""))[:2] in AWAY
    return isinstance(error, (OSError, TimeoutError, KafkaError))


async def _serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the hub; where a server is away, wait for it as long as it takes."""

    def told(state: object) -> None:
        outcome = getattr(state, "outcome", None)
        reason = repr(outcome.exception())[:200] if outcome is not None else ""
        LOG.warning("a server is away; waiting for it", reason=reason)

    waiting = AsyncRetrying(
        retry=retry_if_exception(_is_away),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        stop=lambda _: stop.is_set(),
        before_sleep=told,
        reraise=True,
    )
    async for attempt in waiting:
        with attempt:
            await Hub(settings).run(stop, lambda: LOG.info("hub running"))
