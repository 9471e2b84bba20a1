"""A visitor of the console who has no browser: plain HTTP, as a browser without scripts sends it."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.api.server import Api

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


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
        """Send a form."""
        return await self.client.post(f"{self.api.base}{path}", data=dict(form), headers=dict(headers))


def text_of(answer: httpx2.Response) -> str:
    """The words of a page, without its markup."""
    bare = re.sub(r"<(script|style|svg|template)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def hidden(answer: httpx2.Response, name: str) -> str:
    """What a form carries along."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, f"no field {name}"
    return html.unescape(found[1])
