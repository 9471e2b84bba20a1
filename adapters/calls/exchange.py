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
            return _reply(response, await _whole(response))
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
        raise NeverLeft(_told(error)) from error
    except (httpx2.HTTPError, TimeoutError) as error:
        raise NoAnswer(_told(error)) from error


async def body_of(response: httpx2.Response, most: int) -> bytes | None:
    """Return the body of an answer; None where it is longer than `most` bytes, and then it isn't read to its end."""
    read = bytearray()
    async for chunk in response.aiter_bytes():
        read += chunk
        if len(read) > most:
            return None
    return bytes(read)


async def _whole(response: httpx2.Response) -> bytes:
    body = await body_of(response, MOST_BYTES)
    if body is None:
        raise NoAnswer(f"the answer is longer than {MOST_BYTES} bytes")
    return body


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
