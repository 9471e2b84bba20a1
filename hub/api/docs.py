"""The documents for everybody: the API and the messages as pages, and the messages for machines."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from contracts import asyncapi_whole
from contracts.wire import json_bytes
from hub.api import reference
from hub.api.routing import Strict

router: Final = APIRouter(route_class=Strict, include_in_schema=False)


def _kept(request: Request, name: str, make: Callable[[], str]) -> HTMLResponse:
    """Return a page that is made once: it says the same as long as the process runs."""
    pages: dict[str, str] = request.app.state.pages
    if name not in pages:
        pages[name] = make()
    return HTMLResponse(pages[name])


@router.get("/docs", response_class=HTMLResponse)
async def routes_page(request: Request) -> HTMLResponse:
    """Return the page of the HTTP API."""
    return _kept(request, "routes", lambda: reference.routes_page(request.app.openapi()))


@router.get("/asyncapi", response_class=HTMLResponse)
async def messages_page(request: Request) -> HTMLResponse:
    """Return the page of the messages."""
    return _kept(request, "messages", lambda: reference.messages_page(asyncapi_whole.document()))


@router.get("/asyncapi.json")
async def asyncapi(request: Request) -> Response:
    """Return the AsyncAPI document, with every schema in it."""
    made = _kept(request, "asyncapi", lambda: json_bytes(asyncapi_whole.document()).decode())
    return Response(made.body, media_type="application/json")
