"""People at the console: a client that is signed in, and forms as a browser without scripts fills and sends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import httpx2

from tests.api.server import Api

LINES: list[dict[str, Any]] = [
    {"line": 1, "sku": "BOOT-42", "title": "Boots", "quantity": 1, "unit_price": 12000},
    {"line": 2, "sku": "SOCK-39", "title": "Socks", "quantity": 3, "unit_price": 1200},
]
SALE: dict[str, Any] = {
    "number": "W-1",
    "store": "lille",
    "currency": "EUR",
    "customer": {"id": "c-1", "name": "Zoe Vasseur", "email": "zoe@example.org", "phone": "+33612004817"},
    "shipping_address": {"street": "1 rue Basse", "city": "Lille", "postcode": "59800", "country": "FR"},
    "lines": LINES,
    "shipping_fee": 500,
    "carrier": "colis",
    "submit": True,
}


@dataclass
class Person:
    """Somebody who is signed in."""

    base: str
    client: httpx2.AsyncClient

    async def see(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(f"{self.base}{path}", headers={"Sec-Fetch-Site": "same-origin", **headers})

    async def send(self, path: str, fields: dict[str, str], **headers: str) -> httpx2.Response:
        ours = {"Sec-Fetch-Site": "same-origin", **headers}
        return await self.client.post(f"{self.base}{path}", data=fields, headers=ours)


@dataclass
class Entrance:
    """Where people sign in; who made it closes their clients."""

    clients: list[httpx2.AsyncClient]

    async def __call__(self, api: Api, *scopes: str, name: str = "ann", stores: Sequence[str] = ("*",)) -> Person:
        """Sign somebody in, with all scopes if none are named; `api.client` stays without a cookie."""
        self.clients.append(httpx2.AsyncClient(timeout=60))
        person = Person(api.base, self.clients[-1])
        done = await person.send("/sign-in", {"token": api.stage.token(*scopes, name=name, stores=stores)})
        assert done.status_code == 303, done.text
        return person


async def placed(api: Api, **changed: Any) -> str:
    """An order that waits for its money; return its id."""
    done = await api.act("/v1/orders", SALE | changed)
    assert done.status_code == 201, done.text
    return str(done.json()["order"]["order_id"])


class _Fields(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.found = form, False, dict[str, str]()
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = told.get("id") == self.form or self.form in told.get("class", "").split()
        if not self.inside:
            return
        if tag == "input" and told.get("name") and (told.get("type") != "checkbox" or "checked" in told):
            self.found[told["name"]] = told.get("value", "")
        if tag == "textarea" and told.get("name"):
            self.found[told["name"]] = ""
        if tag == "select":
            self.select = told.get("name")
        if tag == "option" and self.select and (self.select not in self.found or "selected" in told):
            self.found[self.select] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = None


def fields(page: httpx2.Response, form: str = "edit") -> dict[str, str]:
    """The fields of a form of a page, as they are filled."""
    parser = _Fields(form)
    parser.feed(page.text)
    assert parser.found, page.text
    return parser.found
