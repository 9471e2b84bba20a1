"""The documents for everybody: the API and the messages as pages, and the messages for machines."""

import asyncio
import json
from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from contracts import asyncapi_whole
from contracts.wire import json_bytes
from hub.api import reference
from hub.api.routing import Strict

router: Final = APIRouter(route_class=Strict, include_in_schema=False)


async def _kept(request: Request, name: str, make: Callable[[], str]) -> str:
    """Return a document that is made once, as it says the same as long as the process runs.

    It is made in a thread: that takes seconds, in which others want their answers.
    """
    pages: dict[str, asyncio.Task[str]] = request.app.state.pages
    made = pages.get(name)
    if made is None or (made.done() and made.exception() is not None):
        made = pages[name] = asyncio.create_task(asyncio.to_thread(make))
    return await asyncio.shield(made)  # who hangs up does not end it for the others


@router.get("/docs", response_class=HTMLResponse)
async def routes_page(request: Request) -> HTMLResponse:
    """Return the page of the HTTP API."""
    return HTMLResponse(await _kept(request, "routes", lambda: reference.routes_page(request.app.openapi())))


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    made = await _kept(request, "openapi", lambda: json.dumps(request.app.openapi(), ensure_ascii=False))
    return Response(made, media_type="application/json")


@router.get("/asyncapi", response_class=HTMLResponse)
async def messages_page(request: Request) -> HTMLResponse:
    """Return the page of the messages."""
    return HTMLResponse(await _kept(request, "messages", lambda: reference.messages_page(asyncapi_whole.document())))


@router.get("/asyncapi.json")
async def asyncapi(request: Request) -> Response:
    """Return the AsyncAPI document, with every schema in it."""
    made = await _kept(request, "asyncapi", lambda: json_bytes(asyncapi_whole.document()).decode())
    return Response(made, media_type="application/json")
