"""The worker: claims calls, sends them or asks what became of them, stores the answer, has it published.

Why nothing is lost or doubled, whatever dies when:

- A row says `sending`, committed, before its call leaves. Whoever finds it so after its owner's lease doesn't know the
  outcome, and asks the provider. Only a provider that knows nothing of the call gets it again, under the same key.
  The key also covers a provider whose search is behind its books, and a process that was frozen past its lease.
- The answer is stored before it is published, and published as it was stored, under an id derived from the request and
  the answer's type. A second publication is a duplicate to the hub.
- The row says `answered` only after Kafka's acknowledgement of all replicas.
- An order's calls follow one another: a row is not claimed before the earlier ones of its order are answered, or at
  least taken on by the provider. Different orders run side by side, up to a limit.

Several processes may run: a row is claimed with SKIP LOCKED for a lease, and written only under the claim's number.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from traceback import format_tb
from typing import Final, Protocol
from uuid import uuid5

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DataError, SQLAlchemyError
from tenacity import AsyncRetrying, RetryCallState, wait_exponential_jitter

from adapters import failpoints
from adapters.calls.crew import Crew
from adapters.calls.exchange import NeverLeft, NoAnswer
from adapters.calls.traced import CallTrace, Tell
from adapters.own_words import own_words
from adapters.payments import answers
from adapters.payments.amounts import AmountHasNoForm
from adapters.payments.answers import Disputed, NotDone, NotFinal, Nothing, Settled, Unknown, Verdict
from adapters.payments.calls import NAMESPACE, Call
from adapters.payments.client import Provider
from adapters.postgres.gateway_calls import Claimed, GatewayCalls, State

LOG: Final = structlog.get_logger("gateway")
CLAIMED_AT_ONCE: Final = 50
LONGEST_REST: Final = 60.0
"""How long a provider that is asked too much is left alone at most, in seconds."""


class Publisher(Protocol):
    """Who tells the hub: returns once Kafka has the answer on all replicas."""

    async def publish(
        self, order_id: str, answer: tuple[str, str, bytes], at: datetime, trace: bytes | None = None
    ) -> None:
        """Publish an answer (type, event id, bytes) about an order, as it was stored, in the trace of its request."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait between tries, and after how many a person should look; pauses in seconds."""

    first: float = 0.5
    longest: float = 60.0
    tries: int = 12
    slow: float = 300.0

    def pause(self, tries: int) -> float:
        """Return the pause after so many tries: doubled each time, with jitter, bounded."""
        state = RetryCallState(AsyncRetrying(), None, (), {})
        state.attempt_number = tries + 1
        doubling = wait_exponential_jitter(multiplier=self.first, max=self.longest, jitter=self.first)
        return self.slow if tries + 1 >= self.tries else doubling(state)


class Worker:
    """Brings claimed calls to an end, up to `concurrency` at once.

    `lease` bounds the work on one claim, `tell` hears of each call of a trace.
    """

    def __init__(
        self,
        calls: GatewayCalls,
        provider: Provider,
        publisher: Publisher,
        patience: Patience,
        concurrency: int,
        lease: timedelta,
        tell: Tell | None = None,
    ) -> None:
        self._calls = calls
        self._provider = provider
        self._publisher = publisher
        self._patience = patience
        self._bound = lease.total_seconds() * 0.8
        self._rest_until = 0.0
        self._tell = tell
        self._crew = Crew(self._claim, self._work, concurrency)
        self.wake = self._crew.wake

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then bring what is under way to its end; raises what PostgreSQL or Kafka say."""
        await self._crew.run(stop)

    async def _claim(self, room: int) -> Sequence[Claimed]:
        if asyncio.get_running_loop().time() < self._rest_until:
            return []
        return await self._calls.claim(min(room, CLAIMED_AT_ONCE))

    async def _work(self, mine: Claimed) -> None:
        """Bring one call further; what only concerns this call must not stop the others' money."""
        with structlog.contextvars.bound_contextvars(request_id=mine.request_id, order_id=mine.order_id):
            try:
                async with asyncio.timeout(self._bound) as bound:
                    await self._advance(mine)
            except (SQLAlchemyError, KafkaError, OSError) as error:
                if not _concerns_it_alone(error, late=bound.expired()):
                    raise
                await self._later(mine, State.UNKNOWN, f"could not be finished: {type(error).__name__}", doubt=True)
            except Exception as error:  # noqa: BLE001 - a bug about one call is shown, and all others go on
                # The trace without the error's own text, which may quote the key or what the call is about.
                LOG.error("a call could not be handled", trace="".join(format_tb(error.__traceback__, limit=-6)))
                await self._later(mine, State.UNKNOWN, own_words(error))

    async def _advance(self, mine: Claimed) -> None:
        if mine.state is State.SETTLED:
            answer, known_at = mine.stored_answer()
            await self._publish(mine, answer, known_at)
            return
        call = Call.stored(mine.order_id, mine.message_type, mine.message)
        trace = CallTrace(mine.trace, f"{mine.request_id} {mine.claim}", self._tell)
        verdict: Verdict = Nothing() if mine.state is State.RECEIVED else await self._ask(call, trace)
        if isinstance(verdict, Nothing):
            if not await self._calls.sending(mine):
                return
            await failpoints.hit("gateway_sending")
            verdict = await self._send(call, trace)
        await self._conclude(mine, verdict)

    async def _send(self, call: Call, trace: CallTrace) -> Verdict:
        try:
            reply = await self._provider.send(call, trace)
        except AmountHasNoForm:
            return Settled(answers.refusal(call, "amount_not_representable", retryable=False), None)
        except NeverLeft as error:
            return NotDone(f"not sent: {error}")
        except NoAnswer as error:
            return Unknown(str(error))
        await failpoints.hit("gateway_called")
        verdict = answers.told(call, reply)
        if not isinstance(verdict, Disputed):
            return verdict
        standing = await self._ask(call, trace)
        return verdict.otherwise if isinstance(standing, Nothing) else standing

    async def _ask(self, call: Call, trace: CallTrace) -> Verdict:
        """Return what the provider knows of a call that may have been made."""
        verdict: Verdict = Nothing()
        try:
            async for reply in self._provider.ask(call, trace):
                verdict = answers.found(call, reply)
                if not isinstance(verdict, Nothing):
                    return verdict
        except (NeverLeft, NoAnswer) as error:
            return Unknown(f"asked: {error}")
        return verdict

    async def _conclude(self, mine: Claimed, verdict: Verdict) -> None:
        match verdict:
            case Settled(answer=message, provider_id=provider_id):
                event_id = str(uuid5(NAMESPACE, f"{mine.request_id}/{message.type()}"))
                answer = (message.type(), event_id, message.encoded())
                known_at = await self._calls.settle(mine, answer, provider_id)
                await failpoints.hit("gateway_answered")
                if known_at is not None:
                    await self._publish(mine, answer, known_at)
            case NotFinal(provider_id=provider_id, why=why):
                await self._later(mine, State.PENDING, why, provider_id=provider_id)
            case NotDone(why=why, after=after):
                self._rest(after)
                await self._later(mine, _in_doubt(mine), why, after=after)
            case Unknown(why=why, after=after):
                LOG.warning("the outcome of a call is unknown", why=why, state=mine.state)
                await self._later(mine, State.UNKNOWN, why, after=after, doubt=True)
            case _:
                raise AssertionError(f"nothing follows from {verdict}")

    async def _publish(self, mine: Claimed, answer: tuple[str, str, bytes], known_at: datetime) -> None:
        await self._publisher.publish(mine.order_id, answer, known_at, mine.trace)
        await failpoints.hit("gateway_published")
        await self._calls.answered(mine)
        LOG.info("answered", type=answer[0])

    async def _later(
        self,
        mine: Claimed,
        state: State,
        why: str,
        *,
        after: float | None = None,
        doubt: bool = False,
        provider_id: str | None = None,
    ) -> None:
        pause = max(self._patience.pause(mine.tries), after or 0.0)
        if mine.tries + 1 >= self._patience.tries and state is not State.PENDING:
            LOG.error("a call comes to no end; hub gateway list shows it", why=why, tries=mine.tries + 1)
            state = State.GIVEN_UP
        await self._calls.postpone(mine, state, pause, why, doubt=doubt, provider_id=provider_id)

    def _rest(self, after: float | None) -> None:
        """Leave a provider alone for as long as it asks."""
        if after is not None:
            until = asyncio.get_running_loop().time() + min(after, LONGEST_REST)
            self._rest_until = max(self._rest_until, until)


def _in_doubt(mine: Claimed) -> State:
    """Return the state of a call of which this attempt did nothing: earlier ones may have."""
    return State.RECEIVED if mine.state is State.RECEIVED else State.UNKNOWN


def _concerns_it_alone(error: Exception, *, late: bool) -> bool:
    """Tell whether an error of a server is about one call: its time was over, or its row can't hold what was said."""
    return isinstance(error, DataError) or (late and isinstance(error, TimeoutError))
