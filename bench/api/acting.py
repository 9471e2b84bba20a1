"""People at work: notes, holds and their releases at a steady rate, each on the next of many orders."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx2

from bench import workload
from bench.records import Written

STEPS: Final = (
    ("POST", "notes", {"text": "the customer called"}),
    ("POST", "hold", {"reason": "the customer calls back"}),
    ("POST", "notes", {"text": "the customer called back"}),
    ("DELETE", "holds/csr", {"reason": "it may go on"}),
)
"""What happens to an order in turn. It begins with a note: its answer has the version that a hold has to name."""
CALM: Final = ("order.placed.v1", "payment.authorized.v1", "fraud.scored.v1")
"""After these an order waits for its warehouse, and nothing else happens to it."""
SEED: Final = 11
"""Not that of the facts: other orders."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One act: when it was asked for, how long its answer took in seconds, its status, and its command."""

    at: float
    took: float
    status: int
    command_id: str | None


@dataclass
class _Order:
    """An order that people work on, one act after the other."""

    order_id: str
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    step: int = 0
    version: int = 0


def waiting_orders(count: int) -> tuple[Sequence[str], Sequence[Written]]:
    """Return so many orders, and the records after which they wait for their warehouse."""
    made = workload.for_hub(2 * count + 10, SEED)
    calm = {
        order_id: [fact for fact in facts if fact.type in CALM]
        for order_id, facts in made.facts.items()
        if any(fact.type == "availability.reported.v1" for fact in facts)  # not those that fraud holds up
    }
    chosen = list(calm)[:count]
    wanted = {fact.id for order_id in chosen for fact in calm[order_id]}
    return chosen, [each for each in made.records if dict(each.headers)["ce_id"].decode() in wanted]


class Agents:
    """People who act at a steady rate, whatever the answers take."""

    def __init__(self, client: httpx2.AsyncClient, orders: Iterable[str]) -> None:
        self.answered: list[Answered] = []
        self._client = client
        self._orders = [_Order(each) for each in orders]
        self._next = 0

    async def act(self, rate: int, seconds: float) -> Sequence[Answered]:
        """Act for so long, and wait for all answers; return those."""
        before, started = len(self.answered), time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(max(1, round(rate * seconds))):
                await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
                tasks.create_task(self._act(self._orders[self._next % len(self._orders)]))
                self._next += 1
        return self.answered[before:]

    async def _act(self, order: _Order) -> None:
        async with order.turn:
            method, path, body = STEPS[order.step % len(STEPS)]
            headers = {"Idempotency-Key": str(uuid4()), "If-Match": f'"{order.version}"'}
            if path == "notes":
                del headers["If-Match"]
            where = f"/v1/orders/{order.order_id}/{path}"
            started = time.perf_counter()
            answer = await self._client.request(method, where, json=body, headers=headers)
            took = time.perf_counter() - started
            told = answer.json()
            self.answered.append(Answered(started, took, answer.status_code, told.get("command_id")))
            order.step, order.version = order.step + 1, told.get("version", order.version)


COMMANDS: Final = "SELECT event_id, outcome FROM journal WHERE topic = 'hub.commands'"


def faults_of(answered: Sequence[Answered], journal: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong: an act that was not done, or is not in the journal just once, or one that nobody asked."""
    faults = []
    for status, count in sorted(Counter(each.status for each in answered).items()):
        if status != httpx2.codes.OK:
            faults.append(f"{count:,} acts were answered with {status}")
    stored = Counter(row["event_id"] for row in journal if row["outcome"] == "applied")
    told = {each.command_id for each in answered}
    differences = (
        (len(told - stored.keys()), "acts are not in the journal"),
        (len(stored.keys() - told), "commands are in the journal that no answer told of"),
        (stored.total() - len(stored), "commands are in the journal twice"),
        (len(answered) - len(told), "answers told of the same command as another one"),
    )
    return faults + [f"{number:,} {what}" for number, what in differences if number]
