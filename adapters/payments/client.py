"""The provider's HTTP client: form in, JSON out, one connection for each call, and no guess at what a failure means."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any, Final

import httpx2

from adapters.calls.exchange import NeverLeft, NoAnswer, Reply, exchange
from adapters.calls.traced import UNTRACED, CallTrace
from adapters.payments.calls import INTENT, INTENTS, REFUNDS, Call, CallKind, quoted

PAGE: Final = 100
MOST_PAGES: Final = 100
"""Pages of what belongs to one payment: more than ten thousand refunds of it are a fault of the provider."""


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

    async def send(self, call: Call, trace: CallTrace = UNTRACED) -> Reply:
        """Post a call under its key; raises NeverLeft or NoAnswer."""
        headers = {"Idempotency-Key": call.key}
        return await self._exchange("POST", call.path, call.route, trace, data=dict(call.form), headers=headers)

    async def ask(self, call: Call, trace: CallTrace = UNTRACED) -> AsyncIterator[Reply]:
        """Ask what became of a call, page by page; raises NeverLeft or NoAnswer."""
        if call.kind is CallKind.AUTHORIZE:
            wanted = call.request_id.replace("\\", "\\\\").replace("'", "\\'")
            query = {"query": f"metadata['request_id']:'{wanted}'"}
            yield await self.get(f"{INTENTS}/search", query, trace=trace)
        elif call.kind is CallKind.REFUND:
            async for reply in self.pages(REFUNDS, {"payment_intent": call.payment_id or ""}, trace=trace):
                yield reply
        else:
            yield await self.get(f"{INTENTS}/{quoted(call)}", route=INTENT, trace=trace)

    async def pages(
        self, path: str, wanted: Mapping[str, str], most: int = MOST_PAGES, trace: CallTrace = UNTRACED
    ) -> AsyncIterator[Reply]:
        """Yield a list page by page, the newest entries first; the last page, or one that is none, ends it.

        Raises NoAnswer where the list comes back to where it was, or has more pages than `most`.
        """
        after: dict[str, str] = {}
        seen: set[str] = set()
        for _ in range(most):
            reply = await self.get(path, {"limit": str(PAGE), **wanted, **after}, trace=trace)
            yield reply
            last = _last_of(reply.body)
            if last is None:
                return
            if last in seen:
                raise NoAnswer("the list never ends: it comes back to where it was")
            seen.add(last)
            after = {"starting_after": last}
        raise NoAnswer(f"the list has more than {most} pages of {PAGE}")

    async def get(
        self, path: str, wanted: Mapping[str, str] | None = None, route: str = "", trace: CallTrace = UNTRACED
    ) -> Reply:
        """Read something; raises NeverLeft or NoAnswer."""
        return await self._exchange("GET", path, route or path, trace, params=dict(wanted or {}))

    async def _exchange(self, method: str, path: str, route: str, trace: CallTrace, **parts: Any) -> Reply:
        span = trace.begin(method, route, self._http.base_url)
        parts["headers"] = {**parts.get("headers", {}), **span.headers}
        try:
            reply = await exchange(self._http, self._timeout, method, path, **parts)
        except (NeverLeft, NoAnswer) as error:
            span.end(None, "not_sent" if isinstance(error, NeverLeft) else "no_answer")
            raise
        span.end(reply.status)
        return reply


def _last_of(body: Any) -> str | None:
    """Return the last entry of a page that others follow, None where none do."""
    if not isinstance(body, dict) or body.get("has_more") is not True:
        return None
    entries = body.get("data")
    last = entries[-1] if isinstance(entries, list) and entries else None
    return last["id"] if isinstance(last, dict) and isinstance(last.get("id"), str) else None
