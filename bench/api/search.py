"""Part `search`: every kind of search and the first pages of lists, for who sees all stores and who sees two."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx2

from bench.api.asked import Asked
from bench.api.house import House
from bench.api.questions import OPENED, PAGE, TWO, TYPED, Stores, Typed
from bench.ground.ground import Ground
from bench.lateness import quantiles
from bench.results import Found
from domain.orders.view.listing import FORM
from tests.listing.seeds import made

STANDING: Final = f"""
INSERT INTO listing (shard, batch, form) SELECT k, batch, {FORM} FROM shard;
INSERT INTO listing_build (id, form, total, built_at) VALUES (1, {FORM}, 0, now())"""  # noqa: S608 - a constant
CALLERS: Final[Mapping[str, Stores]] = {"all stores": None, "two stores": TWO}


async def measure(ground: Ground, folder: Path, asked: Asked, say: Callable[[str], None]) -> Found:
    """Fill the listing, then ask all questions as either caller, one after the other."""
    async with House(ground, "search", folder) as house:
        say(f"listing {asked.orders:,} orders")
        await fill(house, asked.orders)
        house.found.orders = asked.orders
        async with house.api() as api:
            for name, stores in CALLERS.items():
                async with house.client(api, stores or ("*",)) as client:
                    say(f"asking as somebody who sees {name}")
                    person = Person(house, client, stores, asked)
                    house.found.detail[name] = await person.figures()
                    house.found.faults += [f"{name}: {each}" for each in person.faults]
    return house.found


async def fill(house: House, orders: int) -> None:
    """List made-up orders, and say that the listing is built."""
    connection = await asyncpg.connect(house.stand.database_url)
    try:
        await connection.execute(made(orders))
        await connection.execute(STANDING)
        for table in ("order_list", "order_term"):
            await connection.execute(f"VACUUM (ANALYZE) {table}")
    finally:
        await connection.close()
    await house.ground.databases.checkpoint()


@dataclass
class Asking:
    """Questions of one kind: how long the answers took in seconds, and how many rows they brought."""

    took: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Return milliseconds, and the mean of the rows on a page."""
        told = quantiles(self.took) if self.took else {}
        rows = round(sum(self.rows) / max(1, len(self.rows)), 1)
        return told | {"samples": len(self.took), "rows": rows}


class Person:
    """Somebody who asks for all of it, and looks whether the answers have as many rows as there are."""

    def __init__(self, house: House, client: httpx2.AsyncClient, stores: Stores, asked: Asked) -> None:
        self.faults: list[str] = []
        self._house = house
        self._client = client
        self._stores = stores
        self._asked = asked

    async def figures(self) -> dict[str, dict[str, dict[str, float]]]:
        """Ask everything."""
        me = Asking()
        for _ in range(self._asked.questions):
            await self._ask(me, "/v1/me", {})
        return {
            "searches": {each.name: (await self._typed(each)).figures() for each in TYPED},
            "lists": {
                each.name: (await self._opened(each.path, each.parameters, each.question)).figures() for each in OPENED
            },
            "besides": {"me": me.figures(), "counts": (await self._counts()).figures()},
        }

    async def _typed(self, kind: Typed) -> Asking:
        asking = Asking()
        wanted = await self._wanted(kind)
        texts = list(wanted)
        if not texts:
            self.faults.append(f"{kind.name}: no order has any")
        for number in range(self._asked.questions if texts else 0):
            text = texts[number % len(texts)]
            told = await self._ask(asking, "/v1/orders", {"q": kind.typed(text), "limit": str(PAGE)})
            self._compare(f"{kind.name} {text}", told, wanted[text])
        return asking

    async def _wanted(self, kind: Typed) -> dict[str, int]:
        """Return texts to be typed, and the rows that each must find."""
        stores = None if self._stores is None else list(self._stores)
        texts = [row["text"] for row in await self._house.rows(kind.sample, stores, self._asked.questions)]
        return {row["text"]: row["rows"] for row in await self._house.rows(kind.rows, stores, texts)}

    async def _opened(self, path: str, parameters: Mapping[str, str], question: str) -> Asking:
        asking = Asking()
        stores = None if self._stores is None else list(self._stores)
        there = (await self._house.rows(question, stores))[0]["count"]
        for _ in range(self._asked.questions):
            told = await self._ask(asking, path, {"limit": str(PAGE), **parameters})
            self._compare(f"{path} {dict(parameters)}", told, there)
        return asking

    async def _counts(self) -> Asking:
        asking = Asking()
        for _ in range(self._asked.questions):
            await self._ask(asking, "/v1/counts", {})
        return asking

    async def _ask(self, asking: Asking, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        started = time.perf_counter()
        answer = await self._client.get(path, params=parameters)
        asking.took.append(time.perf_counter() - started)
        told: dict[str, Any] = answer.json()
        if answer.status_code != httpx2.codes.OK:
            self.faults.append(f"{path} was answered with {answer.status_code}: {told.get('detail')}")
        asking.rows.append(len(told.get("items", ())))
        return told

    def _compare(self, what: str, told: Mapping[str, Any], there: int) -> None:
        self.faults += faults_of(what, told, there, self._stores)


def faults_of(what: str, told: Mapping[str, Any], there: int, stores: Stores) -> Iterable[str]:
    """Yield what is wrong with a first page: other rows than there are, or one of a store that nobody may see."""
    items = told.get("items", [])
    if len(items) != min(PAGE, there):
        yield f"{what}: {len(items)} rows, not {min(PAGE, there)}"
    if stores is not None and any(each["store"] not in stores for each in items):
        yield f"{what}: rows of other stores"
