"""What a request works with: the open desk, who may sign in, the writer of acts, and how much somebody may ask."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar

import structlog
from fastapi import Depends, Request

from contracts import tracing
from hub.api.later import Later
from hub.api.live import Live
from hub.api.pace import Pace
from hub.api.problems import Problem
from hub.api.remembering import Names, Opening, SignIns
from hub.api.turns import Queue, Seats, Turns
from hub.api.watching import Watch
from hub.api.what_if_jobs import Jobs
from hub.console.asking import SIGNED_IN
from hub.desk import audit, people
from hub.desk.acts import Acts, opened_acts
from hub.desk.callers import Caller, Doorkeeper, NobodySignedIn
from hub.desk.live import Tail
from hub.desk.log_ends import LogEnds
from hub.desk.resources import Desk, open_desk
from hub.errors import SERVER_ERRORS
from hub.settings import Settings

LOG: Final = structlog.get_logger("api")
FOLDS: Final = 2
FOLDS_EACH: Final = 8
"""How often a caller may stand in the queue of those who have a history followed: more would be at the others' cost."""
STATEMENT_SECONDS: Final = 15.0
PROBLEMS_EACH: Final = 0.1, 20.0
PROBLEMS_IN_ALL: Final = 2.0, 200.0
"""How many problems a second a process writes down, of one caller and of all, and how many at once."""
LOOKS: Final = 4
"""Readers of Kafka that a process opens at once for people who look into topics."""
WORKS: Final = 2
"""Replays and checks of the listing that a process carries out at once."""


@dataclass(frozen=True, slots=True)
class Context:
    """What all requests of a process share."""

    settings: Settings
    desk: Desk
    door: Doorkeeper
    acts: Acts
    requests: Pace
    acting: Pace
    failing: Pace
    """How often an address may show a token that opens nothing, before only those in `opening` are looked at."""
    cursor_key: bytes
    """Signs where the next page of a list begins; the same in every process of one API."""
    live: Live
    ends: LogEnds
    what_ifs: Jobs
    looks: Turns = field(default_factory=lambda: Turns(LOOKS))
    """How many look into Kafka at once."""
    works: Turns = field(default_factory=lambda: Turns(WORKS))
    """How many have something done that takes long."""
    problems: Pace = field(default_factory=lambda: Pace(*PROBLEMS_EACH))
    """How often a problem of a caller is kept; what comes faster can't be looked up."""
    all_problems: Pace = field(default_factory=lambda: Pace(*PROBLEMS_IN_ALL))
    names: Names = field(default_factory=Names)
    later: Later = field(default_factory=Later)
    watch: Watch = field(default_factory=Watch)
    opening: Opening = field(default_factory=Opening)
    signed_in: SignIns = field(default_factory=SignIns)
    folding: Queue = field(default_factory=lambda: Queue(FOLDS, Seats(FOLDS_EACH, "histories being followed")))
    """Who has an order's history followed by the rules waits for a turn: that keeps the process busy."""


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Context]:
    """Open what requests work with, as long as the block."""
    async with (
        open_desk(settings, STATEMENT_SECONDS, settings.api.connections) as desk,
        opened_acts(desk) as acts,
        _closing(Tail(desk)) as tail,
        _closing(LogEnds(desk)) as ends,
    ):
        most, acting = settings.api.requests_per_second, settings.api.acts_per_second
        failed = settings.api.failed_sign_ins_per_minute
        paces = Pace(most, most), Pace(acting, acting), Pace(failed / 60, failed)
        live = Live(tail, Seats(settings.api.streams, "streams open"))
        context = Context(
            settings, desk, Doorkeeper(settings), acts, *paces, _cursor_key(settings), live, ends, Jobs(settings)
        )
        try:
            yield context
        finally:
            await context.what_ifs.close()
            await context.later.done()


_Held = TypeVar("_Held", Tail, LogEnds)


@asynccontextmanager
async def _closing(held: _Held) -> AsyncIterator[_Held]:
    """Have something that opens itself once it is asked closed at the end of the block."""
    try:
        yield held
    finally:
        await held.close()


def _cursor_key(settings: Settings) -> bytes:
    key = "" if settings.api.key is None else settings.api.key.get_secret_value()
    return hashlib.sha256(b"cursors of lists\n" + key.encode()).digest()


def context_of(request: Request) -> Context:
    """Return what the request works with."""
    found: Context = request.app.state.context
    return found


def trace_of(request: Request) -> str:
    """Return the trace that the request belongs to, its caller's or one of its own."""
    scope: dict[str, Any] = request.scope.setdefault("hub", {})
    if "trace" not in scope:
        found = tracing.read(request.headers.get(tracing.HEADER, "").encode("latin-1"))
        scope["trace"] = secrets.token_hex(16) if found is None else found.trace_id
        if found is not None:
            scope["parent"], scope["flags"] = found.span_id, found.flags
    trace: str = scope["trace"]
    return trace


def traced(request: Request) -> str:
    """Return the header that hands the trace on, from the request's own span, to what the request leads to."""
    trace, scope = trace_of(request), request.scope["hub"]
    span: str = scope.setdefault("span", secrets.token_hex(8))
    return tracing.TraceContext(trace, span, scope.get("flags", tracing.SAMPLED)).header


async def caller_of(request: Request) -> Caller:
    """Return who asks; raises Problem where nobody is signed in, or he asks too often."""
    context = context_of(request)
    about: dict[str, Any] = request.scope.setdefault("hub", {})
    caller = about.get(SIGNED_IN) or await _identified(request, context)
    about["caller"] = caller
    keep_pace(context.requests, caller)
    if caller.called is not None and context.names.is_news(caller.id, caller.called):
        await context.later.do(_note_name(context, caller))
    await _note_sign_in(context, caller)
    return caller


async def _identified(request: Request, context: Context) -> Caller:
    with guessing_costs(request) as token:
        return await context.door.identify(token)


async def _note_name(context: Context, caller: Caller) -> None:
    """Write down what a caller is called; where the database is away, a later request does."""
    try:
        await people.seen(context.desk, caller)
    except SERVER_ERRORS:
        context.names.forget(caller.id)
        raise


async def _note_sign_in(context: Context, caller: Caller) -> None:
    """Write the first request of a caller in an hour down; where the database is away, a later one."""
    hour = int(time.time() // 3600)
    if not context.signed_in.begins(caller.id, hour):
        return
    try:
        await audit.signed_in(context.desk, caller)
    except SERVER_ERRORS as error:
        context.signed_in.forget(caller.id)
        LOG.warning("api.sign_in_not_written", caller=caller.id, reason=type(error).__name__)


def bearer_of(request: Request) -> str | None:
    """Return the token that a request shows, if any."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


@contextmanager
def guessing_costs(request: Request) -> Iterator[str | None]:
    """Give the token that a request shows, and note whether it opened something, which NobodySignedIn denies.

    Raises Problem where an address has shown too many that opened nothing, and this one is not known to do so.
    """
    context, token = context_of(request), bearer_of(request)
    address = "nowhere" if request.client is None else request.client.host
    if token is not None and not context.opening.knows(token) and (seconds := context.failing.look(address)):
        after = str(max(1, round(seconds)))
        raise Problem("rate", "too many tokens that open nothing", headers={"Retry-After": after})
    try:
        yield token
    except NobodySignedIn:
        if token is not None:
            context.opening.forget(token)
            context.failing.take(address)
        raise
    if token is not None:
        context.opening.note(token)


def keep_pace(pace: Pace, caller: Caller) -> None:
    """Raise Problem where the caller asks faster than he may."""
    seconds = pace.take(caller.id)
    if seconds:
        after = str(max(1, round(seconds)))
        policy = {"RateLimit-Policy": f'"caller";q={pace.rate:g};w=1', "RateLimit": '"caller";r=0;t=1'}
        raise Problem(
            "rate",
            f"{pace.rate:g} a second may be asked",
            more={"retry_after": int(after)},
            headers={"Retry-After": after, **policy},
        )


async def in_turn(pace: Pace, caller: Caller) -> None:
    """Wait until the caller may go on: what a request asks for many times costs as much as many requests."""
    while seconds := pace.take(caller.id):  # noqa: ASYNC110 - nobody tells when there is one again: time does
        await asyncio.sleep(seconds)


Asking = Annotated[Caller, Depends(caller_of)]
Opened = Annotated[Context, Depends(context_of)]


async def need(request: Request, caller: Caller, *scopes: str) -> None:
    """Raise Problem, and write it down, where the caller has none of these scopes."""
    if caller.scopes & set(scopes):
        return
    detail = f"this needs the scope {' or '.join(scopes)}"
    await note_refusal(request, caller, "scope", detail)
    raise Problem("scope", detail)


async def note_refusal(request: Request, caller: Caller, code: str, detail: str) -> None:
    """Write down that the caller was refused something for want of a right."""
    await audit.refused(context_of(request).desk, caller, request.method, route_of(request), code, detail)


def route_of(request: Request) -> str:
    """Return the route of a request as it is declared, without what was put in."""
    return str(getattr(request.scope.get("route"), "path", request.url.path))
