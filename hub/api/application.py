"""The application: its routes, what every answer carries, and what errors become."""

import asyncio
import html
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from hub.api import (
    acting,
    audit,
    bulk,
    contracts,
    customer_history,
    docs,
    failed,
    gateway,
    keeping,
    lists,
    operators,
    orders,
    overview,
    partners,
    people,
    process,
    processes,
    repairs,
    sources,
    streams,
    team,
    timelines,
    topics,
    views,
    webhooks,
    what_if,
)
from hub.api.codes import code_of
from hub.api.connections import App, Message, Receive, Scope, Send
from hub.api.context import Context, opened, trace_of
from hub.api.deprecation import Farewell
from hub.api.limits import Bounded
from hub.api.metering import Meter, Metered
from hub.api.openapi import VERSION, completed
from hub.api.problems import MEDIA_TYPE, SORTS, Fault, Problem
from hub.console.application import Beside, console
from hub.desk import audit as desk_audit
from hub.desk import sessions
from hub.desk import views as desk_views
from hub.desk.errors import ChoiceHasGrown, KeyIsOfOther, PolicyIsWrong
from hub.desk.webhooks import WebhookIsWrong
from hub.errors import SERVER_ERRORS, HubError, is_of_data, is_of_kafka
from hub.settings import Settings

TIDY_SECONDS: Final = 3600
ROUTES: Final = (
    docs,
    lists,
    team,
    views,
    orders,
    timelines,
    customer_history,
    bulk,
    partners,
    contracts,
    overview,
    operators,
    failed,
    audit,
    topics,
    processes,
    repairs,
    what_if,
    gateway,
    sources,
    webhooks,
    acting,
    streams,
    keeping,
    people,
    process,
)
"""The modules of routes; where two paths would do, the first one counts."""
LOG: Final = structlog.get_logger("api")
SAFE: Final = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        "Strict-Transport-Security": "max-age=63072000",
    }
)
PRIVATE: Final = MappingProxyType({"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"})
"""What every answer under /v1 carries: it may be about people or for one caller. An answer may say something stricter.
"""
PUBLIC: Final = frozenset({"/v1/build"})
"""What is the same for everybody, under /v1."""
_OF_STATUS: Final = MappingProxyType(
    {400: "malformed", 404: "not_found", 405: "method", 413: "too_large", 415: "media_type"}
)
"""What the framework's own failures are called: no route, no such method, a body that is no JSON in UTF-8."""


def application(settings: Settings) -> FastAPI:
    """Return the API of a hub; its servers are reached for when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as context:
            app.state.context = context
            tidying = asyncio.create_task(_tidy(context), name="tidying")
            try:
                yield
            finally:
                tidying.cancel()
                await context.watch.close()

    app = FastAPI(
        title="Fulfilment hub",
        version=VERSION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.pages = {}
    for each in ROUTES:
        app.include_router(each.router)
    meter = app.state.meter = Meter()
    if settings.console.enabled:
        _add_console(app, settings)
    app.add_middleware(Bounded, answer=_answer)
    app.add_middleware(Carrier)
    app.add_middleware(Metered, meter=meter)
    app.add_api_route(
        "/metrics", meter.told, tags=["process"], summary="Figures for Prometheus", response_class=Response
    )
    app.add_api_route("/problems/{code}", problem_page, include_in_schema=False, response_class=HTMLResponse)
    app.add_exception_handler(Exception, _bug)
    handled: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        Problem: _problem,
        **dict.fromkeys((HubError, KeyIsOfOther, ChoiceHasGrown), _of_desk),
        RequestValidationError: _invalid,
        **dict.fromkeys(SERVER_ERRORS, _server_away),
    }
    for kind, handler in handled.items():
        app.add_exception_handler(kind, handler)
    app.add_exception_handler(HTTPException, _of_framework)
    described = threading.Lock()
    app.openapi = lambda: _document(app, described)  # type: ignore[method-assign]
    return app


def _add_console(app: FastAPI, settings: Settings) -> None:
    """Have all that is not the API's answered by the console, which asks the API for what it shows."""
    app.add_middleware(Beside, console=console(app, acting.DESCRIBED, settings.console))


async def _tidy(context: Context) -> None:
    """Drop what is kept no longer, every hour."""
    while True:
        try:
            await desk_audit.tidy(context.desk)
            await desk_views.tidy(context.desk)
            await sessions.tidy(context.desk)
        except SERVER_ERRORS as error:
            LOG.warning("api.not_tidied", reason=type(error).__name__)
        await asyncio.sleep(TIDY_SECONDS)


def _document(app: FastAPI, made_once: threading.Lock) -> dict[str, Any]:
    """Return the OpenAPI document, made once, whichever threads ask."""
    with made_once:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, routes=app.routes, description=DESCRIPTION)
            app.openapi_schema = completed(made)
        return app.openapi_schema


DESCRIPTION: Final = (
    "Search, read and act on orders. Acts are commands: each needs an Idempotency-Key, edits also If-Match. "
    "Errors are problems (RFC 9457) with a stable code."
)


class Carrier:
    """Adds to every answer what it lacks; streams just pass.

    That is what keeps browsers safe, its trace, when its route goes away, and that nobody else may keep it.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = {**SAFE, "X-Trace-Id": trace_of(Request(scope)), **_farewell(scope), **_privacy(scope)}
                given = {name.lower() for name, _ in message["headers"]}
                more = [(name.lower().encode(), text.encode()) for name, text in told.items()]
                message["headers"] = [*message["headers"], *(each for each in more if each[0] not in given)]
            await send(message)

        await self._app(scope, receive, carrying if scope["type"] == "http" else send)


def _privacy(scope: Scope) -> Mapping[str, str]:
    """Return what keeps an answer from being told to others."""
    path = str(scope["path"])
    return PRIVATE if path.startswith("/v1/") and path not in PUBLIC else {}


def _farewell(scope: Scope) -> Mapping[str, str]:
    """Return what says that a request's route goes away; nothing where it stays."""
    farewell: Farewell | None = getattr(scope.get("route"), "farewell", None)
    return {} if farewell is None else farewell.headers


def _answer(request: Request, problem: Problem, instance: str | None = None) -> Response:
    headers = dict(problem.headers)
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="hub"'
    document = problem.document(trace_of(request), instance)
    return JSONResponse(document, problem.status, headers, media_type=MEDIA_TYPE)


async def _problem(request: Request, problem: Problem) -> Response:
    return _answer(request, problem, await keeping.instance_of(request, problem))


async def _of_desk(request: Request, error: Exception) -> Response:
    code = code_of(error)
    if code is None:
        return await _bug(request, error)
    faults = [Fault(f"/{error.member}", str(error))] if isinstance(error, WebhookIsWrong | PolicyIsWrong) else []
    return await _problem(request, Problem(code, str(error), errors=faults))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    faults = [Fault("/" + "/".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
    return await _problem(request, Problem("data_invalid", "a parameter or a member is not as declared", errors=faults))


async def _of_framework(request: Request, error: Any) -> Response:
    """Answer what the framework refuses before any route sees it."""
    code = _OF_STATUS.get(error.status_code, "malformed")
    return await _problem(request, Problem(code, SORTS[code].advice, headers=dict(error.headers or {})))


async def _server_away(request: Request, error: Exception) -> Response:
    if is_of_data(error):  # a parameter has a bound too few
        LOG.warning("api.data_refused", reason=type(error).__name__, trace_id=trace_of(request))
        return await _problem(request, Problem("data_invalid", "a value is beyond what can be stored or compared"))
    code = "kafka_away" if is_of_kafka(error) else "database_away"
    LOG.warning("api.server_away", code=code, reason=type(error).__name__, trace_id=trace_of(request))
    return await _problem(
        request, Problem(code, SORTS[code].title, more={"retry_after": 1}, headers={"Retry-After": "1"})
    )


async def _bug(request: Request, error: Exception) -> Response:
    LOG.error("api.failed", error=type(error).__name__, trace_id=trace_of(request), exc_info=error)
    return await _problem(request, Problem("internal", "the hub has failed; what was accepted is not lost"))


async def problem_page(code: str) -> HTMLResponse:
    """Return what a problem means and what to do about it, as a page."""
    sort = SORTS.get(code)
    if sort is None:
        raise Problem("not_found", "there is no such problem")
    title, advice = html.escape(sort.title), html.escape(sort.advice)
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    page += f"<h1>{title}</h1><p><code>{code}</code>, status {sort.status}</p><p>{advice}</p></html>"
    return HTMLResponse(page)
