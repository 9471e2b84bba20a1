"""Agents: API processes that are killed, people who act through them and count, and a reader of their stream."""

import asyncio
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

import httpx2

from hub.processes import environment_of
from hub.settings import Settings
from tests.api.follower import Follower, pages, told
from tests.api.server import Api
from tests.chaos.surroundings import SHARDS, Surroundings, free_port

KILLED: Final = "an API process is killed"
ACCEPTED: Final = "an act over HTTP is accepted"
RESUMED: Final = "a stream goes on from its cursor"
PROCESSES: Final = 2
AGENTS: Final = 3
REST: Final = (4.0, 12.0)
"""Seconds between two kills."""
PATIENCE: Final = 240.0
"""Seconds after the last fault in which an act must be answered, and the stream be at its end."""
AWAY: Final = (OSError, httpx2.HTTPError, asyncio.IncompleteReadError, TimeoutError)
"""What clients meet while an API process is gone."""
ORDERS: Final = "SELECT order_id FROM orders WHERE document->>'state' <> 'draft' ORDER BY order_id LIMIT 500"
NOTES: Final = "SELECT event_id, outcome FROM journal WHERE type = 'order.comment.v1'"


class Agents:
    """Operators of the other kind: they act over HTTP, each act under a key of its own until it is answered."""

    planned: tuple[str, ...] = (KILLED, ACCEPTED, RESUMED)

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.accepted: list[str] = []
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._following: asyncio.Task[None] | None = None
        self._follower: Follower | None = None

    async def work(self, around: Surroundings, seed: int, stop: asyncio.Event) -> None:
        """Act, kill and follow until `stop`, and until each of these has happened."""
        for port in [free_port() for _ in range(PROCESSES)]:
            await self._start(around.settings, port, around.folder)
        self._follower = Follower(around.stage.token())
        self._following = asyncio.create_task(self._follow(self._follower, Random(f"reader {seed}")))
        async with asyncio.TaskGroup() as working:
            working.create_task(self._kill(around, Random(f"kills {seed}"), stop))
            for number in range(AGENTS):
                working.create_task(self._act(around, Random(f"agent {seed} {number}"), f"{seed}-{number}", stop))

    async def leave(self, around: Surroundings) -> None:
        """Leave nothing paused: agents pause nothing."""

    async def objections(self, around: Surroundings) -> list[str]:
        """Return what is wrong, once everything has drained: acts in the journal, and what the reader was told."""
        rows = Counter(row["event_id"] for row in await around.stage.rows(NOTES) if row["outcome"] == "applied")
        wrong = [f"the act {each} is in the journal {rows[each]} times" for each in self.accepted if rows[each] != 1]
        base = f"http://127.0.0.1:{next(iter(self._running))}"
        assert self._follower is not None
        async with httpx2.AsyncClient(timeout=60) as client:
            api = Api(around.stage, around.settings, base, client).as_()
            whole = told((await pages(api, limit=200))[0], SHARDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while sum(map(len, whole.values())) > len(self._follower.seen):
                    await asyncio.sleep(0.1)
        seen = self._follower.told(SHARDS)
        wrong += [f"shard {each} was told to a reader otherwise" for each in whole if whole[each] != seen.get(each)]
        wrong += [] if not self._follower.resets else ["a reader had to begin anew"]
        return wrong

    async def end(self) -> None:
        """End the reader and the processes."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        for process in self._running.values():
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _start(self, settings: Settings, port: int, folder: Path) -> None:
        with (folder / f"api-{port}.log").open("ab") as log:
            self._running[port] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "hub", "api"),
                env=environment_of(settings) | {"HUB_API__PORT": str(port), "HUB_API__ACTS_PER_SECOND": "1000"},
                stdout=log,
                stderr=log,
            )

    async def _kill(self, around: Surroundings, rng: Random, stop: asyncio.Event) -> None:
        """Kill one API process after the other, each once it has answered, and start another in its place."""
        while not stop.is_set() or not self.counts[KILLED] or not self.counts[RESUMED]:
            port = rng.choice(sorted(self._running))
            await asyncio.sleep(rng.uniform(*REST))
            with suppress(*AWAY):
                async with httpx2.AsyncClient(timeout=30) as client:
                    await client.get(f"http://127.0.0.1:{port}/livez")
                os.kill(self._running[port].pid, signal.SIGKILL)
                await self._running[port].wait()
                self.counts[KILLED] += 1
                await self._start(around.settings, port, around.folder)

    async def _act(self, around: Surroundings, rng: Random, name: str, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set() or not self.counts[ACCEPTED]:
            await asyncio.sleep(rng.uniform(0.1, 1.0))
            with suppress(*AWAY):
                if orders := [row["order_id"] for row in await around.stage.rows(ORDERS)]:
                    number += 1
                    await self._note(around, rng, rng.choice(orders), f"{name}-{number}", stop)

    async def _note(self, around: Surroundings, rng: Random, order: str, key: str, stop: asyncio.Event) -> None:
        """Add a note, at any process, again and again under its key until there is an answer."""
        told_by = {"Authorization": f"Bearer {around.stage.token()}", "Idempotency-Key": key, "Prefer": "wait=10"}
        loop = asyncio.get_running_loop()
        over: float | None = None
        async with httpx2.AsyncClient(timeout=30, headers=told_by) as client:
            while over is None or loop.time() < over:
                over = loop.time() + PATIENCE if over is None and stop.is_set() else over
                with suppress(*AWAY):
                    port = rng.choice(sorted(self._running))
                    url = f"http://127.0.0.1:{port}/v1/orders/{order}/notes"
                    answer = await client.post(url, json={"text": key})
                    if answer.status_code == 200:
                        self.accepted.append(answer.json()["command_id"])
                        self.counts[ACCEPTED] += 1
                    if answer.status_code < 500 and answer.status_code not in (202, 409, 429):
                        return
                await asyncio.sleep(rng.uniform(0.1, 0.5))
        raise AssertionError(f"the act {key} had no answer {PATIENCE:g} s after the last fault")

    async def _follow(self, follower: Follower, rng: Random) -> None:
        """Read the stream to its end, at any process, and go on from the last cursor at any other."""
        while True:
            with suppress(*AWAY):
                port = rng.choice(sorted(self._running))
                await follower.open(f"http://127.0.0.1:{port}", "" if follower.last else "?after=start")
                begun, before = follower.status == 200, len(follower.seen)
                while begun and await follower.next() is not None:
                    if before and len(follower.seen) == before + 1:
                        self.counts[RESUMED] += 1
            await asyncio.sleep(0.2)
