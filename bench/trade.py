"""A trade to be recorded: partners place orders with a real hub and answer it, at their own pace, with mischief."""

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from adapters import tokens
from bench.candidates.candidate import Stand
from bench.candidates.hub import SHARDS, Hub
from bench.ground.ground import Ground
from bench.recording import Recording
from bench.replay import Replay, check_proof, proved
from bench.run import Run
from contracts.events import OrderCreated, OrderDrafted
from simulators.agents import Agents
from simulators.customer_service import CustomerService
from simulators.ledger import Ledger
from simulators.mischief import HIGH
from simulators.partner import Partner
from simulators.planned import Heard
from simulators.settings import Simulation
from simulators.simulation import simulate

NAME: Final = "b_recording"
RATE: Final = 20.0
"""Orders a second that the shop takes: less than the hub can do, so that partners are answered at once."""
SEED: Final = 1
QUIET_SECONDS: Final = 10.0
"""Longer than any partner takes for anything: who is silent for so long has nothing more to say."""
SETTLE_SECONDS: Final = 120.0
POLICY: Final = {
    "flash_automatic": True,
    "payment_attempts": 2,
    "refund_attempts": 2,
    "payment_retry": "PT0.1S",
    "refund_retry": "PT0.1S",
}
"""Retries come at once, and once. All other deadlines are days away: none ends while a backlog is worked off."""
OPENED: Final = ("exchange", "zero")
"""Kinds of orders that the hub opens itself."""
MISCHIEF: Final = replace(HIGH, wrong_partitions=0.0)
"""As `--mischief high`, but no records in the wrong partition: each would hold its order up to the backlog's end."""


async def record(ground: Ground, folder: Path, orders: int, say: Callable[[str], None]) -> Recording:
    """Let partners trade so many orders with two hub processes; raises RuntimeError where the proof finds a fault."""
    key = secrets.token_hex(32)
    settings = {"HUB_POLICY": json.dumps(POLICY), "HUB_TOKEN_KEY": key}
    hub = Hub(2, settings, topics=())
    recording = Recording(orders, settings)
    started = time.monotonic()
    async with Run(ground, hub, Replay(recording, hub), NAME, folder) as run:
        run.launch()
        recording.books = await _trade(_simulation(run.stand, orders, key))
        await _settled(Replay(recording, hub), run.stand)
        await run.stop()
        recording.seconds = time.monotonic() - started
        say(f"{sum(recording.books['records'].values()):,} records of {orders:,} orders in {recording.seconds:.0f} s")
        check_proof(await proved(hub, run.stand), frozenset(), run.found)
        faults = [*run.found.faults, *run.found.detail.get("proof", ()), *recording.books["objections"]]
        if faults:
            raise RuntimeError(f"the recording is not correct: {'; '.join(faults)}")
        await recording.keep(run.stand)
    return recording


class _Discreet(Partner):
    """A desk that leaves alone the orders that the hub opens itself: exchanges and free copies.

    In a backlog they are opened when all else is read, and a command to an order that is not there is refused.
    """

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        super().__init__(settings, ledger)
        self._opened: set[str] = set()

    def cares(self, heard: Heard) -> bool:
        """Say whether it is about an order of the shop."""
        if isinstance(heard.message, OrderCreated | OrderDrafted) and heard.message.kind in OPENED:
            self._opened.add(heard.order_id)
        return heard.order_id not in self._opened


class _Service(_Discreet, CustomerService):
    """Customer service, discreet."""


class _Agents(_Discreet, Agents):
    """The agents, discreet."""


async def _trade(settings: Simulation) -> dict[str, Any]:
    """Let all partners trade until everything is quiet; return their books."""
    books = Ledger()
    desks: list[Partner] = [_Service(settings, books), _Agents(settings, books)]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for desk in desks:
            tasks.create_task(desk.run(stop))
        told = await simulate(settings, without={desk.slug for desk in desks})
        stop.set()
    mine = books.document()
    return {
        "counts": dict(Counter(told["counts"]) + Counter(mine["counts"])),
        "records": dict(Counter(told["records"]) + Counter(mine["records"])),
        "objections": [*told["objections"], *mine["objections"]],
    }


def _simulation(stand: Stand, orders: int, key: str) -> Simulation:
    scopes = [scope for scope in tokens.SCOPES if scope != "orders.operate"]
    return Simulation(
        bootstrap_servers=stand.ground.bootstrap,
        orders=orders,
        seed=SEED,
        mischief=MISCHIEF,
        partitions=SHARDS,
        topic_prefix=stand.prefix,
        token=tokens.create(key, "customer-service", scopes, ["*"], timedelta(hours=12)),
        rate=RATE,
        quiet=QUIET_SECONDS,
    )


async def _settled(replay: Replay, stand: Stand) -> None:
    """Wait until the hub has read and published all."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while not await replay.finished(stand, 0):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the recorded hub has not read all within {SETTLE_SECONDS:.0f} s")
        await asyncio.sleep(0.5)
