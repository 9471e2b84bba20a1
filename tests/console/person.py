"""Somebody who is signed in to the console of a running API, and the orders that he finds there."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2

from contracts.shop import OrderLine
from tests.api.server import Api
from tests.integration.messages import CLEAR, authorized, available, captured, handed_over, placed
from tests.stage import Stage

SHIRT = OrderLine(line=1, sku="shirt-M", model="shirt", quantity=2, unit_price=2000)


@dataclass
class Person:
    """Somebody before a browser without scripts."""

    base: str
    client: httpx2.AsyncClient
    at: str = ""

    async def look(self, path: str, status: int = 200, **query: str) -> str:
        """The page at a path, wherever that leads."""
        answer = await self.client.get(f"{self.base}{path}", params=query or None)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return unescape(answer.text)

    async def send(
        self, path: str, given: Mapping[str, str | list[str]], status: int = 200, *, fragment: bool = False
    ) -> str:
        """The page that answers to a form, wherever it leads."""
        headers = {"HX-Request": "true"} if fragment else {}
        answer = await self.client.post(f"{self.base}{path}", data=dict(given), headers=headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        self.at = str(answer.url).removeprefix(self.base)
        return unescape(answer.text)


@asynccontextmanager
async def signed_in(api: Api, *scopes: str, name: str = "ann", stores: Sequence[str] = ("*",)) -> AsyncIterator[Person]:
    """Somebody with these scopes, or all, as long as the block."""
    headers = {"Origin": api.base, "Sec-Fetch-Site": "same-origin"}
    async with httpx2.AsyncClient(timeout=60, follow_redirects=True, headers=headers) as client:
        token = api.stage.token(*scopes, name=name, stores=stores)
        answer = await client.post(f"{api.base}/sign-in", data={"token": token, "next": "/me"})
        assert answer.status_code == 200, answer.text
        yield Person(api.base, client)


async def confirmed(stage: Stage, order: str, number: str, **changes: Any) -> None:
    """An order that is paid for and has its goods."""
    await stage.say("shop.events", placed(number, lines=(SHIRT,), **changes), order)
    await stage.say("payment.events", authorized(order), order)
    await stage.say("fraud.events", CLEAR, order)
    await stage.say("availability.events", available(order), order)


async def sent(stage: Stage, order: str, number: str) -> None:
    """An order of two shirts for 40.00 and 5.00 shipping that is sent, and its money taken."""
    await confirmed(stage, order, number)
    await stage.say("warehouse.events", handed_over(order, f"T-{number}"), order)
    await stage.until_state(order, "sent")
    await captured(stage, order)
    await stage.until_read()
