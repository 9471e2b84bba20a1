"""What the gateway's tests share: a provider on a real socket, the gateway in this process or in others, and looks."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from adapters.calls.traced import Tell
from adapters.payments.calls import Call, CallKind
from contracts.message import Message, Money
from contracts.payments import AuthorizationRequested, CaptureRequested, RefundRequested, VoidRequested
from contracts.shop import PaymentMethod
from contracts.values import changed
from hub.desk import Desk
from hub.gateway import Gateway, serve
from hub.settings import GatewaySettings, Settings
from simulators.payment_provider import NONE, Naughtiness, Provider, Trick, serving
from simulators.payment_provider.server import KEY
from tests.stage import Stage

TIMEOUT = timedelta(milliseconds=800)
"""Short, so that silence costs little; a machine with much to do still answers in time."""
Told = tuple[str, dict[str, Any]]


def key_of(request_id: str) -> str:
    """Return the key under which a request's calls are made."""
    return Call("", CallKind.AUTHORIZE, authorization(request_id)).key


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def authorization(request_id: str, amount: int = 4500, **more: Any) -> AuthorizationRequested:
    asked = AuthorizationRequested(
        request_id=request_id, number="N-1", customer_id="c-1", amount=eur(amount), method=PaymentMethod.CARD
    )
    return changed(asked, **more)


def capture(request_id: str, payment_id: str, amount: int = 4500) -> CaptureRequested:
    return CaptureRequested(request_id=request_id, payment_id=payment_id, amount=eur(amount))


def void(request_id: str, payment_id: str, amount: int = 4500) -> VoidRequested:
    return VoidRequested(request_id=request_id, payment_id=payment_id, amount=eur(amount))


def refund(request_id: str, payment_id: str, amount: int = 1000, **more: Any) -> RefundRequested:
    asked = RefundRequested(
        request_id=request_id, refund_id=f"refund-{request_id}", payment_id=payment_id, amount=eur(amount), reason="rma"
    )
    return changed(asked, **more)


def settings_for(stage: Stage, url: str, **changes: Any) -> Settings:
    """Return the stage's settings with a gateway that is in a hurry."""
    gateway = GatewaySettings(
        url=url,
        api_key=SecretStr(KEY),
        timeout=TIMEOUT,
        retry=timedelta(milliseconds=50),
        retry_longest=timedelta(seconds=1),
        concurrency=6,
        retry_slow=timedelta(milliseconds=500),
    )
    return stage.settings.model_copy(update={"gateway": gateway.model_copy(update=changes)})


@dataclass
class Till:
    """A provider, and a gateway in this process on a stage of its own."""

    stage: Stage
    provider: Provider
    settings: Settings
    key: str = KEY
    _running: list[tuple[asyncio.Event, asyncio.Task[None]]] = field(default_factory=list)

    def start(self, settings: Settings | None = None, tell: Tell | None = None) -> None:
        """Start a gateway in this process; `tell` hears of each call of a trace."""
        stop = asyncio.Event()
        self._running.append((stop, asyncio.create_task(Gateway(settings or self.settings, tell).run(stop))))

    @property
    def desk(self) -> Desk:
        """What people read, with the provider's address known."""
        return replace(self.stage.desk, settings=self.settings)

    def serve(self) -> None:
        """Start a gateway in this process that waits for servers that are away, as `hub gateway payments` does."""
        stop = asyncio.Event()
        self._running.append((stop, asyncio.create_task(serve(self.settings, stop))))

    async def stop(self) -> None:
        """Stop the gateways; raise what ended one."""
        running, self._running = self._running, []
        for stop, _ in running:
            stop.set()
        for _, task in running:
            await task

    async def request(self, message: Message, order_id: str, **more: Any) -> None:
        """Ask the gateway for something, as the hub does."""
        await self.stage.say("payment.requests", message, order_id, source="/hub/orders", signed=True, **more)

    async def row(self, request_id: str) -> dict[str, Any]:
        """Return a call's row."""
        return (await self.stage.rows("SELECT * FROM gateway_calls WHERE request_id = :r", r=request_id))[0]

    async def until_state(self, request_id: str, *states: str) -> dict[str, Any]:
        """Wait until a call is in one of these states; return its row."""

        return await self._until(request_id, lambda row: row["state"] in states, f"is {' or '.join(states)}")

    async def until_doubted(self, request_id: str, times: int) -> dict[str, Any]:
        """Wait until a call's outcome was unknown so often."""
        return await self._until(request_id, lambda row: row["doubts"] >= times, f"is in doubt {times} times")

    async def until_tried(self, request_id: str, times: int) -> dict[str, Any]:
        """Wait until a call was put off so often."""
        return await self._until(request_id, lambda row: row["tries"] >= times, f"is put off {times} times")

    async def _until(self, request_id: str, holds: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        async def there() -> dict[str, Any] | None:
            for _, task in self._running:
                if task.done():
                    task.result()
            question = "SELECT * FROM gateway_calls WHERE request_id = :r"
            rows = await self.stage.rows(question, r=request_id)
            return rows[0] if rows and holds(rows[0]) else None

        found: dict[str, Any] = await self.stage.until(there, f"call {request_id} {what}")
        return found

    async def answers(self, order_id: str) -> list[Told]:
        """Return what was told to the hub about an order: type and data, oldest first."""
        records = [r for r in await self.stage.records("payment.events") if r.key == order_id.encode()]
        return [(_name(record), json.loads(record.value or b"{}")) for record in records]

    async def answer(self, request_id: str) -> Told:
        """Wait for a call's answer, and return it; fail where it was told twice."""
        row = await self.until_state(request_id, "answered")
        told = [answer for answer in await self.answers(row["order_id"]) if answer[1]["request_id"] == request_id]
        assert len(told) == 1, told
        return told[0]

    def plan(self, request_id: str, *tricks: Trick | None) -> None:
        """Say what the provider does to the next attempts of a call."""
        self.provider.luck.plan(key_of(request_id), *tricks)

    def sent(self, request_id: str) -> int:
        """Return how often a call reached the provider."""
        return self.provider.luck.attempts[key_of(request_id)]

    def intents(self, order_id: str) -> list[dict[str, Any]]:
        """Return the payments that the provider has for an order."""
        return [each for each in self.provider.books.intents.values() if each["metadata"]["order_id"] == order_id]

    def refunds(self, payment_id: str) -> list[dict[str, Any]]:
        """Return the refunds that the provider has of a payment."""
        return [each for each in self.provider.books.refunds.values() if each["payment_intent"] == payment_id]

    @contextmanager
    def provider_being(self, **changes: float) -> Iterator[None]:
        """Have the provider behave otherwise for a while."""
        before = self.provider.luck.naughtiness
        self.provider.luck.naughtiness = replace(before, **changes)
        try:
            yield
        finally:
            self.provider.luck.naughtiness = before

    @property
    def counts(self) -> Counter[str]:
        """Return what the provider counted."""
        return self.provider.luck.counts

    async def authorized(self, order_id: str, amount: int = 4500) -> str:
        """Reserve some money by the request `a-<order id>`; return the provider's payment."""
        await self.request(authorization(f"a-{order_id}", amount), order_id)
        return str((await self.answer(f"a-{order_id}"))[1]["payment_id"])


def _name(record: Any) -> str:
    return (record.header("ce_type") or b"").decode().removesuffix(".v1")


@asynccontextmanager
async def till(stage: Stage, naughtiness: Naughtiness = NONE, **changes: Any) -> AsyncIterator[Till]:
    """Run a provider; the gateways started meanwhile end with it."""
    async with serving(Provider(naughtiness)) as provider:
        found = Till(stage, provider, settings_for(stage, provider.url, **changes))
        try:
            yield found
        finally:
            await found.stop()
