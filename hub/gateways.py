"""`hub gateway ask`: one process that asks a party over HTTP what the hub wants to know, and tells the answers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import structlog
from aiokafka.errors import OffsetOutOfRangeError

from adapters.own_words import own_words
from adapters.parties.client import Address, Client, Refused
from adapters.parties.party import Party
from consumers.party_requests import PartyRequests
from contracts.decoding import Decoded
from contracts.judging import Refused as NotAsDeclared
from contracts.message import Fact
from hub.app import run_until_told
from hub.errors import GatewayLostItsPlace, NotUsable
from hub.patience import while_away
from hub.settings import Settings
from hub.telemetry.process import Telemetry
from hub.together import each_of
from producers.answers import Answers

LOG: Final = structlog.get_logger("gateway")
GATEWAYS: Final = tuple[Party, ...]()
"""The parties that `hub gateway ask` knows."""


def run(settings: Settings, name: str) -> None:
    """Ask a party until SIGTERM or SIGINT; raises NotUsable where it or its address is unknown."""
    known = {party.name: party for party in GATEWAYS}
    if name not in known:
        raise NotUsable(f"no gateway is called {name!r}; there are: {', '.join(known) or 'none'}")
    party = known[name]
    address_of(settings, name)
    run_until_told(settings, lambda told, stop, telemetry: serve(told, party, stop, telemetry))


def address_of(settings: Settings, name: str) -> Address:
    """Return where a party is; raises NotUsable."""
    if name not in settings.gateways:
        raise NotUsable(f'set HUB_GATEWAYS to {{"{name}": {{"url": "https://…", "key": "…"}}}}')
    told = settings.gateways[name]
    return Address(told.url, None if told.key is None else told.key.get_secret_value(), told.timeout, told.patience)


async def serve(settings: Settings, party: Party, stop: asyncio.Event, telemetry: Telemetry | None = None) -> None:
    """Ask; where Kafka is away, start again as long as it takes: nothing is kept in memory alone."""
    await while_away("gateway", stop, lambda: Asking(settings, party, stop).run(), telemetry)


class Asking:
    """One start of a gateway: a batch of requests is asked, answered, then committed."""

    def __init__(self, settings: Settings, party: Party, stop: asyncio.Event) -> None:
        self._kafka, self._party, self._stop = settings.connection(), party, stop
        self._client = Client(address_of(settings, party.name))
        self._answers = Answers(self._kafka, party.answers, party.name)
        self._at_once = settings.gateways[party.name].concurrency

    async def run(self) -> None:
        """Run until told to stop; raises GatewayLostItsPlace and what Kafka says."""
        try:
            await self._answers.start()
            LOG.info("gateway running", party=self._party.name)
            topic, name = self._party.requests, self._party.name
            requests = PartyRequests(self._kafka, topic, name, self._at_once, self._client.longest)
            await requests.run(self._batch, self._stop)
        except OffsetOutOfRangeError as error:
            raise GatewayLostItsPlace(str(error), self._kafka.gateway_group(self._party.name)) from error
        finally:
            await self._answers.close()
            await self._client.close()

    async def _batch(self, requests: Sequence[Decoded]) -> bool:
        return all(await each_of(requests, self._one, self._at_once))

    async def _one(self, request: Decoded) -> bool:
        """Have one request answered; False where it was told to stop before. What is refused waits for its deadline."""
        order, key = request.subject or "", request.envelope.id
        question = self._party.question(request.message, order)
        if question is None:
            return True
        try:
            told = await self._client.ask(question, key, self._stop)
            if told is None:
                return False
            fact = self._party.answer(request.message, told)
            data = type(fact).read(fact.written()).written()
        except (Refused, NotAsDeclared, KeyError, TypeError, ValueError) as error:
            LOG.error("a request has no answer", order_id=order, ce_id=key, reason=_why(error))
            return True
        await self._answers.publish(order, (fact.type(), answer_id(key, fact, data), data), datetime.now(UTC))
        return True


def _why(error: Exception) -> str:
    """Return why there is no answer: in words of ours, as whatever else is said may quote what a party wrote."""
    return f"{type(error).__name__}: {error}" if isinstance(error, Refused | NotAsDeclared) else own_words(error)


def answer_id(request: str, fact: Fact, data: bytes) -> str:
    """Return the id of an answer: the same answer to the same request is the same event, another one is another."""
    return f"{request}-{blake2b(fact.type().encode() + data, digest_size=8).hexdigest()}"
