"""How a party is asked: JSON in, JSON out, again after a pause while it is away, until it has answered."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx2
import structlog

from adapters.calls.exchange import NeverLeft, NoAnswer, Reply, exchange
from adapters.parties.party import Question

LOG: Final = structlog.get_logger("gateway")
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 60.0
AGAIN: Final = frozenset({408, 425, 429})
"""Refusals that say: later. So does every status from 500 on."""


class Refused(Exception):
    """A party will not answer, or not so that it means anything; the text says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a party is, the key that it gave us, and how patiently it is asked."""

    url: str
    key: str | None
    timeout: timedelta
    patience: timedelta


class Client:
    """Asks one party."""

    def __init__(self, address: Address) -> None:
        self._seconds, self._patience = address.timeout.total_seconds(), address.patience.total_seconds()
        signed = {} if address.key is None else {"Authorization": f"Bearer {address.key}"}
        self._http = httpx2.AsyncClient(
            base_url=address.url.rstrip("/"),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **signed},
            timeout=self._seconds,
            follow_redirects=False,
        )

    @property
    def longest(self) -> timedelta:
        """Return how long an answer may take, or being refused one."""
        return timedelta(seconds=self._patience + self._seconds)

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def ask(self, question: Question, key: str, stop: asyncio.Event) -> Mapping[str, Any] | None:
        """Return what a party answers, None if `stop` comes first; raises Refused."""
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + self._patience, FIRST_PAUSE
        while not stop.is_set():
            reply, why = await self._once(question, key)
            if reply is not None and reply.status < 500 and reply.status not in AGAIN:
                return _object(reply)
            if loop.time() >= end:
                raise Refused(f"asked for {self._patience:g} s: {why}")
            LOG.warning("a party is away; asking again", reason=why)
            wait = min(max(pause, (reply and reply.retry_after) or 0), end - loop.time())
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
            pause = min(2 * pause, LONGEST_PAUSE)
        return None

    async def _once(self, question: Question, key: str) -> tuple[Reply | None, str]:
        """Return what came back, and in words what it is if it is no answer."""
        told = {"json": dict(question.body), "headers": {"Idempotency-Key": key}}
        try:
            reply = await exchange(self._http, self._seconds, "POST", question.path, **told)
        except (NeverLeft, NoAnswer) as error:
            return None, str(error)
        return reply, f"status {reply.status}"


def _object(reply: Reply) -> Mapping[str, Any]:
    if not 200 <= reply.status < 300:
        raise Refused(f"status {reply.status}")
    if not isinstance(reply.body, dict):
        raise Refused("the answer is no JSON object")
    return reply.body
