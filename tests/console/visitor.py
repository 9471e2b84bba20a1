"""A visitor of the console who has no browser: plain HTTP, as a browser without scripts sends it."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx2

from tests.api.server import Api

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
FRAGMENT = {**SAME_ORIGIN, "HX-Request": "true"}


@dataclass
class Visitor:
    """Somebody who asks for pages; after `sign_in` as himself."""

    api: Api
    client: httpx2.AsyncClient

    async def sign_in(
        self, *scopes: str, name: str = "ann", stores: Sequence[str] = ("*",), wanted: str = "/orders"
    ) -> httpx2.Response:
        """Sign in with a token of these scopes, all if none are named."""
        token = self.api.stage.token(*scopes, name=name, stores=stores)
        return await self.send("/sign-in", {"token": token, "next": wanted})

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask for a page."""
        return await self.client.get(f"{self.api.base}{path}", headers=headers)

    async def send(
        self, path: str, form: Mapping[str, Any], headers: Mapping[str, str] = SAME_ORIGIN
    ) -> httpx2.Response:
        """Send a form, from a page of the console's own unless other `headers` are given."""
        return await self.client.post(f"{self.api.base}{path}", data=dict(form), headers=dict(headers))


@dataclass
class Visiting:
    """Where visitors come from; who made it closes their clients."""

    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def __call__(self, api: Api) -> Visitor:
        """Somebody with cookies of his own, who is not signed in."""
        self.clients.append(httpx2.AsyncClient(timeout=60))
        return Visitor(api, self.clients[-1])

    async def signed_in(self, api: Api, *scopes: str, name: str = "ann", stores: Sequence[str] = ("*",)) -> Visitor:
        """Somebody who is, with all scopes if none are named; `api.client` stays without a cookie."""
        visitor = self(api)
        done = await visitor.sign_in(*scopes, name=name, stores=stores)
        assert done.status_code == 303, done.text
        return visitor


def text_of(answer: httpx2.Response) -> str:
    """The words of a page, without its markup."""
    bare = re.sub(r"<(script|style|svg|template)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def hidden(answer: httpx2.Response, name: str) -> str:
    """What a form carries along."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, f"no field {name}"
    return html.unescape(found[1])


MARKS = ("checkbox", "radio")


class _Fields(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.found = form, False, dict[str, str]()
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            names = (told.get("id"), told.get("action"), *told.get("class", "").split())
            self.inside = self.form in names
        if not self.inside:
            return
        if tag == "input" and told.get("name") and (told.get("type") not in MARKS or "checked" in told):
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
    """The fields of a form of a page, by its id, its action or a class, as a browser would send them."""
    return fields_in(page.text, form)


def fields_in(text: str, form: str) -> dict[str, str]:
    """The same of the text of a page."""
    parser = _Fields(form)
    parser.feed(text)
    assert parser.found, f"no form {form}: {text}"
    return parser.found
