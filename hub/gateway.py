"""`hub gateway payments`: one process that takes the hub's payment requests to a provider and tells the answers."""

import asyncio
from typing import Final

import structlog
from aiokafka.errors import OffsetOutOfRangeError

from adapters.calls.crew import together
from adapters.calls.traced import Tell
from adapters.payments.client import Provider
from adapters.payments.worker import Patience, Worker
from adapters.postgres.gateway_calls import GatewayCalls
from adapters.postgres.roles import Role
from consumers.payment_requests import GATEWAY, PaymentRequests
from contracts.topics import PAYMENT
from hub import database
from hub.app import run_until_told
from hub.errors import GatewayLostItsPlace, NotUsable
from hub.patience import while_away
from hub.settings import GatewaySettings, Settings
from hub.telemetry.process import Telemetry, told_of
from hub.wiring import engine_of, signatures_of
from producers.answers import Answers

LOG: Final = structlog.get_logger("gateway")


def provider_of(gateway: GatewaySettings) -> Provider:
    """Return the provider that the settings name; raises NotUsable."""
    if gateway.url is None:
        raise NotUsable("set HUB_GATEWAY__URL to the payment provider's address, e.g. https://api.provider.example")
    if gateway.api_key is None:
        raise NotUsable("set HUB_GATEWAY__API_KEY to the key that the payment provider gave you")
    return Provider(gateway.url, gateway.api_key.get_secret_value(), gateway.timeout)


def run(settings: Settings) -> None:
    """Run the gateway until SIGTERM or SIGINT; raises NotUsable and what `Gateway.run` does."""
    provider_of(settings.gateway)
    run_until_told(settings, serve)


async def serve(settings: Settings, stop: asyncio.Event, telemetry: Telemetry | None = None) -> None:
    """Run the gateway; where PostgreSQL or Kafka is away, start again as long as it takes.

    Nothing is kept in memory that a new start doesn't find in the table.
    """
    await while_away("gateway", stop, lambda: Gateway(settings, told_of(telemetry)).run(stop), telemetry)


class Gateway:
    """One start of the gateway: reads requests, works on calls, publishes answers; `tell` hears of calls of traces."""

    def __init__(self, settings: Settings, tell: Tell | None = None) -> None:
        gateway, kafka = settings.gateway, settings.connection()
        self._kafka = kafka
        self._provider = provider_of(gateway)
        self._engine = engine_of(settings)
        self._answers = Answers(kafka, PAYMENT, "payments")
        self._calls = calls = GatewayCalls(self._engine, gateway.lease)
        patience = Patience(
            gateway.retry.total_seconds(),
            gateway.retry_longest.total_seconds(),
            gateway.tries,
            gateway.retry_slow.total_seconds(),
        )
        self._worker = Worker(calls, self._provider, self._answers, patience, gateway.concurrency, gateway.lease, tell)
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`.

        Raises RightsAreMissing, SchemaIsBehind, GatewayLostItsPlace, and what PostgreSQL or Kafka say.
        """
        try:
            await database.check(self._engine, Role.RUNTIME)
            signatures = await signatures_of(self._settings, self._engine)
            requests = PaymentRequests(self._kafka, self._calls, signatures, self._worker.wake.set)
            await self._answers.start()
            LOG.info("gateway running")
            await together(requests.run(stop), self._worker.run(stop))
        except OffsetOutOfRangeError as error:
            raise GatewayLostItsPlace(str(error), self._kafka.gateway_group(GATEWAY)) from error
        finally:
            await self._answers.close()
            await self._provider.close()
            await self._engine.dispose()
