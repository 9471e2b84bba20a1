"""Part `console`: how long the server takes for pages and parts of them, and what open consoles take of it."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import httpx2

from bench.api import search
from bench.api.asked import Asked
from bench.api.facts import Facts
from bench.api.house import PATIENCE_SECONDS, Api, House
from bench.api.readers import Reader, following
from bench.api.streams import look
from bench.ground.ground import Ground
from bench.lateness import quantiles
from bench.results import Found

COOKIE: Final = "hub"
FRAGMENT: Final[Mapping[str, str]] = MappingProxyType({"HX-Request": "true"})
LOOK_SECONDS: Final = (2.0, 4.0)
"""How soon a page asks for the figures of its navigation once something has changed."""
PLACED: Final = "SELECT order_id FROM orders ORDER BY order_id LIMIT $1"
BLANK: Final = "a blank page"


async def measure(ground: Ground, folder: Path, asked: Asked, say: Callable[[str], None]) -> Found:
    """List made-up orders, place real ones, ask for pages, then look at the API without and with open consoles."""
    async with House(ground, "console", folder) as house:
        say(f"listing {asked.orders:,} orders")
        await search.fill(house, asked.orders)
        async with house.hub(), house.api() as api:
            facts = Facts(house, asked.facts, asked.warm + 2 * asked.seconds)
            await facts.flow(asked.warm)
            await facts.until_read()
            say("asking for pages")
            house.found.detail["pages"] = await _pages(house, api, asked)
            say("no consoles")
            closed = await look(facts, api, asked, facts.until_read)
            say(f"{asked.consoles:,} consoles")
            async with _open_consoles(house, api, asked.consoles) as readers:
                opened = await look(facts, api, asked, facts.until_read)
                house.found.faults += faults_of(readers)
            house.found.detail |= {"closed": closed.told(), "open": opened.told(), "consoles": asked.consoles}
            await facts.check()
    return house.found


def faults_of(readers: Sequence[Reader]) -> list[str]:
    """Return what is wrong: a console that was sent away, or was told nothing."""
    sent_away, silent = sum(each.gone for each in readers), sum(each.events < 2 for each in readers)
    told = ((sent_away, "consoles were sent away"), (silent, "consoles were told of no change"))
    return [f"{number:,} {what}" for number, what in told if number]


async def _pages(house: House, api: Api, asked: Asked) -> dict[str, dict[str, float]]:
    """Return how long pages and parts of them take, one after the other, in turns."""
    orders = [row["order_id"] for row in await house.rows(PLACED, asked.questions)]
    took: dict[str, list[float]] = {}
    async with _browser(api, await _signed_in(house, api, "ann")) as browser, _browser(api, "") as stranger:
        for number in range(asked.questions):
            order = orders[number % len(orders)]
            pages: tuple[tuple[str, httpx2.AsyncClient, str, Mapping[str, str]], ...] = (
                (BLANK, stranger, "/sign-in", {}),
                ("the list", browser, "/orders", {}),
                ("an order", browser, f"/orders/{order}", {}),
                ("a peek at it", browser, f"/orders/{order}/peek", FRAGMENT),
                ("the navigation's figures", browser, "/parts/counts", FRAGMENT),
            )
            for name, client, path, headers in pages:
                began = time.perf_counter()
                answer = await client.get(path, headers=dict(headers))
                took.setdefault(name, []).append(time.perf_counter() - began)
                if answer.status_code >= httpx2.codes.MULTIPLE_CHOICES:
                    house.found.faults.append(f"{path} was answered with {answer.status_code}")
    blank = quantiles(took[BLANK])["p50"]
    return {name: _figures(seconds, blank) for name, seconds in took.items()}


def _figures(seconds: list[float], blank: float) -> dict[str, float]:
    told = quantiles(seconds)
    p95 = sorted(seconds)[int(len(seconds) * 0.95)]
    ratio = told["p50"] / max(blank, 0.1)
    return told | {"p95": round(1000 * p95, 1), "samples": len(seconds), "of_a_blank_page": round(ratio, 2)}


async def _signed_in(house: House, api: Api, name: str) -> str:
    """Sign somebody in; return the cookie."""
    async with _browser(api, "") as client:
        answer = await client.post("/sign-in", data={"token": house.token(name=name)}, headers={"Origin": api.base})
        return str(answer.cookies[COOKIE])


def _browser(api: Api, cookie: str) -> httpx2.AsyncClient:
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    return httpx2.AsyncClient(base_url=api.base, headers=headers, timeout=PATIENCE_SECONDS)


@asynccontextmanager
async def _open_consoles(house: House, api: Api, count: int) -> AsyncIterator[list[Reader]]:
    """Have so many people look at a page as long as the block: each follows changes, and asks as the page does."""
    cookies = [await _signed_in(house, api, f"user-{number}") for number in range(count)]
    async with following(api, "/live", [f"Cookie: {COOKIE}={each}" for each in cookies]) as readers:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=count)
        async with httpx2.AsyncClient(base_url=api.base, timeout=PATIENCE_SECONDS, limits=limits) as client:
            looking = [
                asyncio.create_task(_looking(client, cookie, reader, random.Random(cookie)))  # noqa: S311 - when to ask
                for cookie, reader in zip(cookies, readers, strict=True)
            ]
            try:
                yield readers
            finally:
                for task in looking:
                    task.cancel()
                ended = await asyncio.gather(*looking, return_exceptions=True)
                house.found.faults += [repr(each) for each in ended if not isinstance(each, asyncio.CancelledError)]


async def _looking(client: httpx2.AsyncClient, cookie: str, reader: Reader, chance: random.Random) -> None:
    seen = 0
    while True:
        if reader.events > seen:
            seen = reader.events
            await asyncio.sleep(chance.uniform(*LOOK_SECONDS))
            headers = {**FRAGMENT, "Cookie": f"{COOKIE}={cookie}"}
            (await client.get("/parts/counts", headers=headers)).raise_for_status()
        else:
            await asyncio.sleep(0.25)
