"""The console's application: its pages, and what becomes of what goes wrong on them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.console import live
from hub.console.acts import Act
from hub.console.asking import Refused
from hub.console.house import House, statics
from hub.console.languages import marked
from hub.console.pages import PAGES
from hub.console.visit import ComesFromElsewhere, NobodyIsSignedIn, NotSafeHere, known_session, trace_of
from hub.console_settings import ConsoleSettings
from hub.desk.callers import IdentityIsAway
from hub.errors import SERVER_ERRORS

LOG: Final = structlog.get_logger("console")
OF_API: Final = ("/v1/", "/docs", "/asyncapi", "/openapi.json", "/problems/", "/metrics", "/livez", "/readyz")
"""What the API answers itself; all else is the console's."""


def console(api: FastAPI, acts: Mapping[str, Sequence[Act]], settings: ConsoleSettings) -> ASGIApp:
    """Return the console of an API; it has what the API opens."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.house = House(api, acts, settings)
    app.state.api = api.state
    for page in PAGES:
        app.include_router(page.router)
    app.include_router(live.router)
    app.add_route("/static/{mark}/{name:path}", statics().answer, methods=["GET", "HEAD"])
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    handled = {
        NobodyIsSignedIn: _to_sign_in,
        NotSafeHere: _not_safe,
        Refused: _refused,
        HTTPException: _of_framework,
        Exception: _bug,
        **dict.fromkeys(SAID, _said),
    }
    for kind, handler in handled.items():
        app.add_exception_handler(kind, handler)
    return Guarded(app, settings)


class Beside:
    """Gives each request to the API or to the console, by its path."""

    def __init__(self, app: ASGIApp, console: ASGIApp) -> None:
        self._api, self._console = app, console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have a request answered by whoever it is for."""
        path = scope.get("path", "/")
        ours = scope["type"] == "http" and path != "/v1" and not path.startswith(OF_API)
        await (self._console if ours else self._api)(scope, receive, send)


class Guarded:
    """Says on every page what browsers may do with it: load only what is ours, and never from a cache."""

    def __init__(self, app: ASGIApp, settings: ConsoleSettings) -> None:
        self._app = app
        ancestors = " ".join(settings.frame_ancestors) or "'none'"
        self._policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
            f"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.decode().lower() for name, _ in message["headers"]}
                told = {"content-security-policy": self._policy, "cache-control": "private, no-cache"}
                more = [(name.encode(), held.encode()) for name, held in told.items() if name not in there]
                if "cache-control" not in there:  # beside what compressing adds
                    more.append((b"vary", b"Cookie, Accept-Language"))
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, guarded)


async def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, NobodyIsSignedIn)
    if request.url.path == "/live":
        return PlainTextResponse("You are signed out.", 401)
    if request.headers.get("hx-request") == "true":
        house: House = request.app.state.house
        return HTMLResponse(house.rendered(request, None, "signed_out.html", wanted="/orders"), 401)
    return RedirectResponse(f"/sign-in?{urlencode({'next': error.wanted})}", 303)


async def _told(request: Request, status: int, **told: Any) -> Response:
    """Return a page that says what went wrong, or a part of one where a part was asked for."""
    house: House = request.app.state.house
    try:
        session = await known_session(request)
    except Exception:  # noqa: BLE001 - the page must come, whatever is away
        session = None
    template = "problem_part.html" if request.headers.get("hx-request") == "true" else "problem.html"
    facts = {"hint": None, "errors": [], "trace": trace_of(request), "status": status, "code": None} | told
    return HTMLResponse(house.rendered(request, session, template, **facts), status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    problem = error.problem
    return await _told(
        request,
        error.status,
        title=problem.get("title", marked("The hub has failed")),
        detail=problem.get("detail", ""),
        hint=problem.get("hint"),
        errors=problem.get("errors") or [],
        code=error.code,
    )


NO_PAGE: Final = (marked("There is no such page"), marked("Check the address, or begin at Orders."))
_DATABASE: Final = (503, marked("The database does not answer"), marked("Try again in a moment; nothing is lost."))
SAID: Final[Mapping[type[Exception], tuple[int, str, str]]] = {
    ComesFromElsewhere: (
        403,
        marked("The request comes from another site"),
        marked("Send it from the console's own pages."),
    ),
    RequestValidationError: (404, *NO_PAGE),
    IdentityIsAway: (
        503,
        marked("The identity provider does not answer"),
        marked("Try again in a moment; what you were doing is not lost."),
    ),
    **dict.fromkeys(SERVER_ERRORS, _DATABASE),
}
"""What a page says of each error that needs no more words: its status, its title, and what to do."""


async def _said(request: Request, error: Exception) -> Response:
    status, title, detail = next(told for kind, told in SAID.items() if isinstance(error, kind))
    if status >= 500:
        LOG.warning("console.server_away", reason=type(error).__name__, trace_id=trace_of(request))
    return await _told(request, status, title=title, detail=detail)


async def _not_safe(request: Request, error: Exception) -> Response:
    return PlainTextResponse(
        "The console needs HTTPS from other machines: put a proxy that speaks TLS before it, and have it pass "
        "X-Forwarded-Proto on. On this machine use http://127.0.0.1 or http://localhost.",
        403,
    )


async def _of_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: NO_PAGE, 405: (marked("That can't be done here"), "")}
    title, detail = words.get(error.status_code, (marked("The request can't be read"), ""))
    return await _told(request, error.status_code, title=title, detail=detail)


async def _bug(request: Request, error: Exception) -> Response:
    LOG.error("console.failed", error=type(error).__name__, trace_id=trace_of(request), exc_info=error)
    return await _told(
        request,
        500,
        title=marked("The hub has failed"),
        detail=marked("Try again; if it stays so, tell an operator the trace below."),
    )
