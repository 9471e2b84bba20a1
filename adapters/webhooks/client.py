"""The HTTP client of webhooks: one connection for each call, to the address that the guard chose, and no redirects."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx2

from adapters.calls.retry_after import seconds_of
from adapters.calls.traced import UNTRACED, CallTrace
from adapters.webhooks.guard import Forbidden, Network, Unresolved, addresses_of, checked, chosen
from adapters.webhooks.schedule import LONGEST_WAIT

EXCERPT: Final = 500
"""How much of an answer is kept, in characters."""
READING: Final = 1.0
"""How long is read for it, in seconds: the status counts, whatever follows."""
AGENT: Final = "fulfilment-hub-webhooks/1"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call: `status` is None where no answer came, and `told` says why; `late`: it took too long."""

    status: int | None
    told: str
    latency: float
    retry_after: float | None = None
    late: bool = False

    @property
    def delivered(self) -> bool:
        """Tell whether the receiver has taken it."""
        return self.status is not None and 200 <= self.status < 300


class Receivers:
    """Whoever webhooks are sent to; `timeout` in seconds bounds a call, from resolving to the answer's headers.

    `allowed` are private networks that may be sent to as well, `lookups` how many names are resolved at once.
    `ca_file` names authorities to trust beside the public ones.
    """

    def __init__(
        self, timeout: float, allowed: Sequence[Network] = (), lookups: int = 64, ca_file: str | None = None
    ) -> None:
        self._timeout, self._allowed = timeout, allowed
        # Its own threads: names that nobody answers for must not hold up anything else.
        self._threads = ThreadPoolExecutor(lookups, thread_name_prefix="names")
        trust = httpx2.create_ssl_context(trust_env=False)
        if ca_file is not None:
            trust.load_verify_locations(ca_file)
        self._http = httpx2.AsyncClient(
            verify=trust,
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,  # a proxy would resolve the name anew, past the guard
            # Never used again: an address may stand for many names, each with a certificate of its own.
            limits=httpx2.Limits(max_keepalive_connections=0, max_connections=None),
        )

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, trace: CallTrace = UNTRACED) -> Reply:
        """Post a message; whatever happens is a reply."""
        try:
            span = trace.begin("POST", "webhook", httpx2.URL(url))
        except httpx2.InvalidURL as error:
            return Reply(None, f"{type(error).__name__}: {error}"[:EXCERPT], 0.0)
        reply = await self._posted(url, {**headers, **span.headers}, body)
        span.end(reply.status, None if reply.status is not None else "timeout" if reply.late else "no_answer")
        return reply

    async def _posted(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._sent(url, headers, body)
        except (Forbidden, Unresolved) as error:
            return Reply(None, str(error), time.monotonic() - began)
        except (TimeoutError, httpx2.TimeoutException):
            return Reply(None, f"no answer in {self._timeout:g} s", time.monotonic() - began, late=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            return Reply(None, f"{type(error).__name__}: {error}"[:EXCERPT], time.monotonic() - began)
        latency = time.monotonic() - began
        after = seconds_of(response.headers.get("retry-after"), datetime.now(UTC), LONGEST_WAIT)
        return Reply(response.status_code, await _excerpt(response), latency, after)

    async def _sent(self, url: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        """Send a message to the address that its name has now, and return the answer once its headers are there."""
        asked = httpx2.URL(checked(url, self._allowed))
        clear = asked.scheme == "http"
        port = asked.port or (80 if clear else 443)
        there = chosen(asked.host, await addresses_of(asked.host, port, self._threads), self._allowed, clear=clear)
        sent = {**headers, "Host": asked.netloc.decode("ascii"), "Content-Type": "application/json"}
        sent |= {"User-Agent": AGENT, "Accept-Encoding": "identity"}
        request = self._http.build_request(
            "POST", asked.copy_with(host=there), headers=sent, content=body, extensions={"sni_hostname": asked.host}
        )
        return await self._http.send(request, stream=True)


async def _excerpt(response: httpx2.Response) -> str:
    """Return the beginning of an answer, as far as it comes at once."""
    read = bytearray()
    try:
        with suppress(httpx2.HTTPError, OSError, TimeoutError):
            async with asyncio.timeout(READING):
                async for chunk in response.aiter_raw():
                    read += chunk
                    if len(read) >= 4 * EXCERPT:
                        break
    finally:
        with suppress(httpx2.HTTPError, OSError):
            await response.aclose()
    return read.decode(errors="replace")[:EXCERPT]
