"""Patience: a process that keeps nothing in memory alone starts its work again while a server is away."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from hub.telemetry.process import Telemetry


async def while_away(
    name: str, stop: asyncio.Event, work: Callable[[], Awaitable[None]], telemetry: Telemetry | None = None
) -> None:
    """Do work, and begin it again as often as a server is away, until `stop`; raises what no waiting mends.

    `name` is the log's; `telemetry` is told meanwhile why the process isn't ready.
    """
    log = structlog.get_logger(name)

    def told(state: RetryCallState) -> None:
        reason = "" if state.outcome is None else repr(state.outcome.exception())[:200]
        log.warning("a server is away; waiting for it", reason=reason)
        if telemetry is not None:
            telemetry.away = "a server is away; it waits for it"

    waiting = AsyncRetrying(
        retry=retry_if_exception(is_away),
        wait=wait_exponential_jitter(multiplier=0.2, max=5, jitter=0.2),
        stop=lambda _: stop.is_set(),
        before_sleep=told,
        reraise=True,
    )
    async for attempt in waiting:
        with attempt:
            if telemetry is not None:
                telemetry.away = None
            await work()


def is_away(error: BaseException) -> bool:
    """Tell whether a server is away; what it refuses for good is nothing to wait for."""
    if isinstance(error, DataError | IntegrityError | ProgrammingError):
        return False
    return isinstance(error, OSError | KafkaError | DBAPIError)
