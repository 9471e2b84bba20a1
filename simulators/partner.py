"""What all simulated partners share: hear, be silent or answer, be mischievous, send."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Any, ClassVar, Final

from contracts.decoding import BrokenContract, decode
from contracts.message import Message
from contracts.topics import Topic
from simulators.chance import Chance
from simulators.clients import Sender, consumer_of, read_from_the_beginning, start
from simulators.disturbance import disturbed
from simulators.errors import first_of
from simulators.ledger import Ledger
from simulators.planned import Heard, Planned
from simulators.settings import Simulation

TICK: Final = 0.2  # seconds between two looks at whether to stop


class Partner(ABC):
    """One partner: says by itself what `opening` plans, and answers what it hears.

    `hears` are the messages it cares for, by topic. A partner with `answers_again` answers a repeated request with
    the same events; one without takes each matter on once.
    """

    slug: ClassVar[str]
    writes: ClassVar[Topic]
    hears: ClassVar[Mapping[Topic, tuple[type[Message], ...]]]
    answers_again: ClassVar[bool] = True
    may_be_silent: ClassVar[bool] = True
    only: ClassVar[Mapping[str, tuple[bytes | None, ...]]] = MappingProxyType({})
    """Headers by which the partner finds what is meant for it, and their values; None: without the header."""

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        self.settings = settings
        self.ledger = ledger if ledger is not None else Ledger()
        self.chance = Chance(settings.seed, self.slug)
        self.last_busy = time.monotonic()
        self.started = asyncio.Event()
        self._sender: Sender | None = None
        self._known: set[tuple[str, str]] = set()
        self._types = {
            settings.topic_prefix + topic.name: {message.type(): message for message in messages}
            for topic, messages in self.hears.items()
        }
        self._topics = {settings.topic_prefix + topic.name: topic for topic in self.hears}

    @abstractmethod
    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Return what the partner means to answer, without mischief on the wire."""

    def opening(self) -> list[Planned]:
        """Return what the partner says by itself, from its start on."""
        return []

    def matter(self, heard: Heard) -> str:
        """Return what a message is about, the same for every copy of it."""
        return heard.matter

    def cares(self, heard: Heard) -> bool:
        """Say whether a message is one to answer at all."""
        return True

    @property
    def quiet_since(self) -> float:
        """Return the monotonic time since when nothing was heard, sent or planned."""
        return time.monotonic() if self._sender is not None and self._sender.waiting else self.last_busy

    def say(
        self, message: Message, order_id: str, delay: float, *matter: object, topic: Topic | None = None
    ) -> Planned:
        """Plan a message about an order in `delay` seconds; `matter` makes its id."""
        return Planned(
            delay=delay,
            topic=topic or self.writes,
            order_id=order_id,
            message=message,
            id=self.chance.id(message.type(), *matter),
            source=f"/partners/{self.slug}",
            happens=delay,
        )

    def reply(self, heard: Heard) -> list[Planned]:
        """Return what is really sent in answer: nothing in a silence, and with mischief the first time."""
        matter = self.matter(heard)
        again = (heard.message.type(), matter) in self._known
        self._known.add((heard.message.type(), matter))
        if again and not self.answers_again:
            return []
        if not self.cares(heard) or self.is_silent(heard.order_id, heard.message):
            return []
        planned = self.answers(heard, self.chance.rng("answers", heard.message.type(), matter))
        if again:
            self.ledger.count("requests_repeated")
            return planned
        return self.disturb(planned, heard.message.type(), matter)

    def disturb(self, planned: Sequence[Planned], *matter: object) -> list[Planned]:
        """Return planned records with the mischief of this run."""
        rng = self.chance.rng("mischief", *matter)
        return disturbed(planned, rng, self.settings.mischief, self.settings.partitions, self.chance.id)

    def is_silent(self, order_id: str, message: Message | type[Message]) -> bool:
        """Say whether the partner never answers this kind of request for this order, and note it."""
        if not self.may_be_silent:
            return False
        if not self.chance.happens(self.settings.mischief.silence, "silence", order_id, message.type()):
            return False
        self.ledger.explain("silences", order_id, self.slug, message.type())
        return True

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Take part until `stop` is set, or for ever; raises SimulationError."""
        self._sender = Sender(self.settings, self.slug, self._sent)
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._sender.run())
                try:
                    await self._listen(stop)
                finally:
                    sending.cancel()
        except BaseExceptionGroup as group:
            raise first_of(group) from None

    async def _listen(self, stop: asyncio.Event | None) -> None:
        assert self._sender is not None
        consumer = consumer_of(self.settings, self.slug)
        await start(consumer, self.settings)
        try:
            await read_from_the_beginning(consumer, tuple(self.hears), self.settings)
            self._sender.plan([replace(each, unless=self.settings.closed) for each in self.opening()])
            self.last_busy = time.monotonic()
            self.started.set()
            while stop is None or not stop.is_set():
                fetched = await consumer.getmany(timeout_ms=int(TICK * 1000))
                for records in fetched.values():
                    self._hear(records)
        finally:
            await consumer.stop()

    def _hear(self, records: Sequence[Any]) -> None:
        assert self._sender is not None
        for record in records:
            heard = self._heard(record)
            if heard is not None:
                self.last_busy = time.monotonic()
                self._sender.plan(self.reply(heard))

    def _heard(self, record: Any) -> Heard | None:
        types = self._types[record.topic]
        named = dict(record.headers).get("ce_type") or b""
        if named.decode(errors="replace") not in types or not self._is_for_us(record):
            return None
        topic = self._topics[record.topic]
        try:
            decoded = decode(topic, types, record.key, record.headers, record.value)
        except BrokenContract:
            self.ledger.count("unreadable")
            return None
        if decoded.subject is None:
            return None
        return Heard(topic, decoded.envelope.id, decoded.subject, decoded.message)

    def _is_for_us(self, record: Any) -> bool:
        """Tell by the headers whether a record is meant for this partner: nothing of it has to be parsed."""
        headers = dict(record.headers)
        return all(headers.get(name) in values for name, values in self.only.items())

    def _sent(self, planned: Planned) -> None:
        self.last_busy = time.monotonic()
        self.ledger.sent(planned)


def in_turn(*planned: Planned, waits: Sequence[float]) -> list[Planned]:
    """Return records one after the other, each `waits` seconds after the one before."""
    result, at = [], 0.0
    for item, wait in zip(planned, waits, strict=True):
        at += wait
        result.append(replace(item, delay=at, happens=at))
    return result
