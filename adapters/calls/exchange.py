"""One exchange over HTTP: a bounded time and size, and no guess at what a failure means."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx2
from pydantic_core import from_json

from adapters.calls.retry_after import seconds_of

MOST_BYTES: Final = 4 * 1024 * 1024
"""A longer answer is none that we understand."""
LONGEST_WAIT: Final = 3600.0
"""How long a provider may ask us to wait, in seconds."""


class NeverLeft(Exception):
    """The call never reached the provider; the text says why."""


class NoAnswer(Exception):
    """Whether the provider acted is unknown; the text says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `body` is None where it isn't JSON, `retry_after` in seconds, `key` is the echoed one."""

    status: int
    body: Any
    retry_after: float | None = None
    key: str | None = None


async def exchange(http: httpx2.AsyncClient, seconds: float, method: str, path: str, **parts: Any) -> Reply:
    """Send a request and return what came back; raises NeverLeft or NoAnswer."""
    try:
        async with asyncio.timeout(seconds), http.stream(method, path, **parts) as response:
            return _reply(response, await _body(response))
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
        raise NeverLeft(_told(error)) from error
    except (httpx2.HTTPError, TimeoutError) as error:
        raise NoAnswer(_told(error)) from error


async def _body(response: httpx2.Response) -> bytes:
    read = bytearray()
    async for chunk in response.aiter_bytes():
        read += chunk
        if len(read) > MOST_BYTES:
            raise NoAnswer(f"the answer is longer than {MOST_BYTES} bytes")
    return bytes(read)


def _reply(response: httpx2.Response, body: bytes) -> Reply:
    try:
        told = from_json(body)
    except ValueError:
        told = None
    return Reply(
        response.status_code,
        told,
        seconds_of(response.headers.get("retry-after"), datetime.now(UTC), LONGEST_WAIT),
        response.headers.get("idempotency-key"),
    )


def _told(error: Exception) -> str:
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name
