"""Operators who visit the console, and fill in its forms."""

from collections.abc import Callable
from typing import Any

from domain import rights
from tests.api.server import Api
from tests.console.visitor import Visitor, hidden, text_of

Visiting = Callable[[Api], Visitor]


async def operator(api: Api, visiting: Visiting, *scopes: str) -> Visitor:
    visitor = visiting(api)
    await visitor.sign_in(*(scopes or (rights.OPERATE, rights.AUDIT)))
    return visitor


async def do(visitor: Visitor, path: str, **fields: str) -> Any:
    """Fill a form in as it was given, and send it."""
    form = await visitor.get(path)
    assert form.status_code == 200, text_of(form)
    return await visitor.send(path.split("?")[0], {"key": hidden(form, "key"), "go": "do", **fields})
