"""The deliverer: fans events out, claims deliveries, calls the receivers, and writes down what came of it.

At least once: a delivery says `delivered` only after a receiver has answered so, and whoever finds one whose owner's
lease is over sends it again, under the same id. A receiver that is away, slow or asks for time is left alone for
longer each time, and has one call at a time until it takes something, so that it holds up nobody else.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from traceback import format_exc
from typing import Final

import structlog

from adapters import failpoints
from adapters.calls.crew import Crew, together
from adapters.calls.traced import CallTrace, Tell
from adapters.postgres.webhook_deliveries import Claimed, Deliveries, Outcome
from adapters.postgres.webhook_fan_out import FanOut
from adapters.webhooks import payloads, signing
from adapters.webhooks.client import Receivers, Reply
from adapters.webhooks.examples import example
from adapters.webhooks.payloads import Event
from adapters.webhooks.schedule import BUSY, GONE, PAUSES, Schedule
from adapters.webhooks.signing import SecretIsSealed

LOG: Final = structlog.get_logger("webhooks")
LOOK: Final = 0.2
"""Seconds between two looks for what is new or due."""
TIDY: Final = 600.0
"""Seconds between two looks for what is kept no longer."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """One process's part in delivering: up to `concurrency` calls at once; `keys` open the stored secrets."""

    deliveries: Deliveries
    fan_out: FanOut
    receivers: Receivers
    concurrency: int
    keys: Sequence[str] = ()
    schedule: Schedule = field(default_factory=Schedule)
    tell: Tell | None = None
    """Hears of each call of a trace."""

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`, then bring what is under way to its end; raises what PostgreSQL says."""
        crew = Crew(self.deliveries.claim, self.deliver, self.concurrency, LOOK)
        await together(self._follow(stop, crew.wake), self._tidy(stop), crew.run(stop))

    async def _follow(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Follow the journal; while there is more of it, without a pause."""
        while not stop.is_set():
            if await self.fan_out.step():
                wake.set()
            else:
                await _pause(stop, LOOK)

    async def _tidy(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self.deliveries.tidy():
                await _pause(stop, TIDY)

    async def deliver(self, mine: Claimed) -> None:
        """Call a receiver once, and write down what came of it; what only concerns one delivery stops no other."""
        with structlog.contextvars.bound_contextvars(webhook=mine.webhook_id, event_id=mine.event_id):
            try:
                outcome = await self._tried(mine)
            except Exception as error:  # noqa: BLE001 - a bug about one event is shown, and all others go on
                LOG.error("an event could not be sent", trace=format_exc(limit=-6))
                reply = Reply(None, f"the hub failed: {type(error).__name__}", 0.0)
                outcome = self._outcome(mine, reply)
            if await self.deliveries.conclude(mine, outcome) and outcome.disable is not None:
                LOG.warning("a webhook is disabled", because=outcome.disable)

    async def _tried(self, mine: Claimed) -> Outcome:
        event = _told(mine)
        if event is None:
            LOG.error("an event that was to be delivered is not in the journal")
            return Outcome(delivered=False, status=None, latency=0.0, told="the journal has no such event")
        await failpoints.hit("webhook_claimed")
        reply = await self._call(mine, event)
        await failpoints.hit("webhook_called")
        return self._outcome(mine, reply)

    async def _call(self, mine: Claimed, event: Event) -> Reply:
        body = payloads.body(event, full=mine.payload == "full", example=mine.seq is None)
        stored = [mine.secret] if mine.previous is None else [mine.secret, mine.previous]
        try:
            secrets = [signing.unsealed(each, self.keys) for each in stored]
        except SecretIsSealed as error:
            LOG.error("a secret can't be read", why=str(error))
            return Reply(None, str(error), 0.0)
        # The receiver's clock, not the hub's, which may be moved ahead.
        headers = signing.headers(secrets, payloads.message_id(event.id), int(time.time()), body)
        trace = CallTrace(event.trace, f"delivery {mine.id} {mine.claim}", self.tell)
        return await self.receivers.post(mine.url, headers, body, trace)

    def _outcome(self, mine: Claimed, reply: Reply) -> Outcome:
        """Return what follows from a reply."""
        told = (reply.status, reply.latency, reply.told)
        if reply.delivered:
            return Outcome(True, *told)
        if reply.status == GONE:
            return Outcome(False, *told, disable="the receiver said that it is gone for good (410)")
        pause, rest = self.schedule.pause(mine.tries + 1), self._rest(mine, reply)
        if pause is None:
            why = f"{len(PAUSES)} tries of {mine.event_id} failed, the last one: {reply.status or reply.told}"
            return Outcome(False, *told, rest=rest, disable=why)
        return Outcome(False, *told, pause=max(pause, rest or 0.0), rest=rest)

    def _rest(self, mine: Claimed, reply: Reply) -> float | None:
        """Return for how long to leave a receiver alone: for as long as it asks, or longer each time."""
        if reply.retry_after is not None:
            return reply.retry_after
        return self.schedule.rest(mine.rests) if reply.late or reply.status in BUSY else None


def _told(mine: Claimed) -> Event | None:
    """Return the event to tell."""
    if mine.seq is None:
        return example(mine.type, mine.event_id, mine.created_at)
    found = payloads.events(mine.order_id, mine.messages)
    return next((each for each in found if each.id == mine.event_id), None)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
