"""The provider's HTTP client: form in, JSON out, one connection for each call, and no guess at what a failure means."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
from pydantic_core import from_json

from adapters.calls.retry_after import seconds_of
from adapters.payments.calls import INTENTS, REFUNDS, Call, Kind, quoted

MOST_BYTES: Final = 4 * 1024 * 1024
"""A longer answer is none that we understand."""
LONGEST_WAIT: Final = 3600.0
"""How long a provider may ask us to wait, in seconds."""
PAGE: Final = 100
MOST_PAGES: Final = 100
"""Pages of what belongs to one payment: more than ten thousand refunds of it are a fault of the provider."""


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


class Provider:
    """The provider at one address; `timeout` bounds a whole call, from connecting to the body's last byte."""

    def __init__(self, url: str, api_key: str, timeout: timedelta) -> None:
        self._timeout = timeout.total_seconds()
        self._http = httpx2.AsyncClient(
            base_url=url.rstrip("/"),
            # Not packed: the bound on an answer's size is then also a bound on what it takes to read it.
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=self._timeout,
            follow_redirects=False,  # money is sent where the operator said, and nowhere else
            # An answer that comes twice must not be taken for the next call's: no connection is used again.
            limits=httpx2.Limits(max_keepalive_connections=0, max_connections=None),
        )

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def send(self, call: Call) -> Reply:
        """Post a call under its key; raises NeverLeft or NoAnswer."""
        return await self._exchange("POST", call.path, data=dict(call.form), headers={"Idempotency-Key": call.key})

    async def ask(self, call: Call) -> AsyncIterator[Reply]:
        """Ask what became of a call, page by page; raises NeverLeft or NoAnswer."""
        if call.kind is Kind.AUTHORIZE:
            wanted = call.request_id.replace("\\", "\\\\").replace("'", "\\'")
            yield await self.get(f"{INTENTS}/search", {"query": f"metadata['request_id']:'{wanted}'"})
        elif call.kind is Kind.REFUND:
            async for reply in self.pages(REFUNDS, {"payment_intent": call.payment_id or ""}):
                yield reply
        else:
            yield await self.get(f"{INTENTS}/{quoted(call)}")

    async def pages(self, path: str, wanted: Mapping[str, str], most: int = MOST_PAGES) -> AsyncIterator[Reply]:
        """Yield a list page by page, the newest entries first; the last page, or one that is none, ends it.

        Raises NoAnswer where the list comes back to where it was, or has more pages than `most`.
        """
        after: dict[str, str] = {}
        seen: set[str] = set()
        for _ in range(most):
            reply = await self.get(path, {"limit": str(PAGE), **wanted, **after})
            yield reply
            last = _last_of(reply.body)
            if last is None:
                return
            if last in seen:
                raise NoAnswer("the list never ends: it comes back to where it was")
            seen.add(last)
            after = {"starting_after": last}
        raise NoAnswer(f"the list has more than {most} pages of {PAGE}")

    async def get(self, path: str, wanted: Mapping[str, str] | None = None) -> Reply:
        """Read something; raises NeverLeft or NoAnswer."""
        return await self._exchange("GET", path, params=dict(wanted or {}))

    async def _exchange(self, method: str, path: str, **parts: Any) -> Reply:
        try:
            async with asyncio.timeout(self._timeout), self._http.stream(method, path, **parts) as response:
                return _reply(response, await _body(response))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
            raise NeverLeft(_told(error)) from error
        except (httpx2.HTTPError, TimeoutError) as error:
            raise NoAnswer(_told(error)) from error


def _last_of(body: Any) -> str | None:
    """Return the last entry of a page that others follow, None where none do."""
    if not isinstance(body, dict) or body.get("has_more") is not True:
        return None
    entries = body.get("data")
    last = entries[-1] if isinstance(entries, list) and entries else None
    return last["id"] if isinstance(last, dict) and isinstance(last.get("id"), str) else None


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
