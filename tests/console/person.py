"""Somebody who is signed in to the console of a running API, and the orders that he finds there."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2

from contracts.availability import LineAvailability, ReportedLine
from contracts.fraud import FraudScored, Verdict
from contracts.shop import Address, OrderLine
from contracts.values import changed
from tests.api.server import Api
from tests.integration.messages import CLEAR, authorized, available, captured, handed_over, placed
from tests.stage import Stage

LYON = Address(street="9 rue Haute", city="Lyon", postcode="69001", country="FR")
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


async def doubted(api: Api, order: str, number: str, score: int) -> None:
    """An order that is paid for, and that the fraud service doubts."""
    verdict = FraudScored(verdict=Verdict.REVIEW, score=score, reasons=("card_country_differs",))
    await api.stage.say("shop.events", placed(number, billing_address=LYON), order)
    await api.stage.say("fraud.events", verdict, order)
    await api.stage.say("payment.events", authorized(order), order)
    await api.stage.until_state(order, "risk_review")


async def missing(api: Api, order: str, number: str, stock: int) -> None:
    """An order whose two shirts the warehouse doesn't find, though its shelves show so many."""
    await api.stage.say("shop.events", placed(number), order)
    await api.stage.say("payment.events", authorized(order), order)
    await api.stage.say("fraud.events", CLEAR, order)
    await api.stage.until_state(order, "availability_requested")
    line = ReportedLine(line=1, status=LineAvailability.ANOMALY, stock=stock)
    await api.stage.say("availability.events", changed(available(order), lines=(line,)), order)
    await api.stage.until_state(order, "processing")
