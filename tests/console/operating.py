"""Operators who visit the console, and fill in its forms."""

from typing import Any

from domain import rights
from tests.api.server import Api
from tests.console.visitor import Visiting, Visitor, hidden, text_of


async def operator(api: Api, visiting: Visiting, *scopes: str) -> Visitor:
    return await visiting.signed_in(api, *(scopes or (rights.OPERATE, rights.AUDIT)))


async def do(visitor: Visitor, path: str, **fields: str) -> Any:
    """Fill a form in as it was given, and send it."""
    form = await visitor.get(path)
    assert form.status_code == 200, text_of(form)
    return await visitor.send(path.split("?")[0], {"key": hidden(form, "key"), "go": "do", **fields})
