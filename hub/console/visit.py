"""A visit: one request of somebody who is signed in, with what it takes to answer it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from hub.console.asking import Api
from hub.console.house import House
from hub.desk import sessions
from hub.desk.sessions import Session, Wishes

SECURE_COOKIE: Final = "__Host-hub"
PLAIN_COOKIE: Final = "hub"
"""On this machine alone, where nobody listens and no certificate is to be had."""
MOST_FIELDS: Final = 5_000
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class NobodyIsSignedIn(Exception):
    """The page is for people who are signed in; `wanted` is where the visitor wanted to go."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


class ComesFromElsewhere(Exception):
    """The request comes from another site's page: it is not carried out."""


class NotSafeHere(Exception):
    """Signing in over plain HTTP from another machine would tell everybody on the way who one is."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for a page, the API as he may use it, and how he wants to see things."""

    request: Request
    house: House
    session: Session
    api: Api

    @property
    def wishes(self) -> Wishes:
        """Return how he wants to see things."""
        return self.session.wishes

    @property
    def until(self) -> datetime:
        """Return until when a stream may go on: then he is asked for again."""
        return self.session.renew_at or self.session.ends_at

    async def wish(self, change: Callable[[Wishes], Wishes]) -> None:
        """Change how he wants to see things, from what it is by now: another page of his may have changed it, too."""
        await sessions.wish(self.house.opened(self.request).desk, self.session, change)

    def may(self, *scopes: str) -> bool:
        """Tell whether he has one of these scopes."""
        return not self.session.caller.scopes.isdisjoint(scopes)

    def is_fragment(self) -> bool:
        """Tell whether only a part of the page is asked for."""
        return self.request.headers.get("hx-request") == "true"

    def page(self, template: str, status: int = 200, **told: Any) -> Response:
        """Return a page."""
        return HTMLResponse(self.house.rendered(self.request, self.session, template, **told), status)

    def to(self, path: str, **query: str) -> Response:
        """Return the answer that leads to another page; a script is told to go there, too."""
        where = f"{path}?{urlencode(query)}" if query else path
        if self.is_fragment():
            return Response(status_code=204, headers={"HX-Redirect": where})
        return RedirectResponse(where, 303)


def cookie_name(request: Request) -> str:
    """Return what the session's cookie is called; raises NotSafeHere where none would be safe."""
    if request.url.scheme == "https":
        return SECURE_COOKIE
    if (request.url.hostname or "") in LOOPBACK:
        return PLAIN_COOKIE
    raise NotSafeHere


def check_origin(request: Request) -> None:
    """Raise ComesFromElsewhere where another site's page sent a request that changes something."""
    if request.method in ("GET", "HEAD"):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = site == "same-origin" if site is not None else _is_ours(request, origin)
    if not ours:
        raise ComesFromElsewhere


def _is_ours(request: Request, origin: str | None) -> bool:
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def trace_of(request: Request) -> str:
    """Return the trace that a request belongs to."""
    about: dict[str, Any] = request.scope.setdefault("hub", {})
    return str(about.setdefault("trace", secrets.token_hex(16)))


def handed_on(request: Request) -> dict[str, str]:
    """Return the trace of a page for what it asks the API: requests whose caller is the page's own span."""
    about: dict[str, Any] = request.scope.setdefault("hub", {})
    return {"trace": trace_of(request), "parent": about.setdefault("span", secrets.token_hex(8))}


async def session_of(request: Request) -> Session | None:
    """Return the session of a request, if somebody is signed in; raises IdentityIsAway."""
    house: House = request.app.state.house
    opened, cookie = house.opened(request), request.cookies.get(cookie_name(request))
    session = await sessions.find(opened.desk, cookie)
    if session is None or cookie is None or not session.is_stale:
        return session
    return await sessions.renewed(opened.desk, opened.door, cookie)


async def known_session(request: Request) -> Session | None:
    """Return the session for a page that only says what went wrong: as it is known, without asking a provider."""
    about: dict[str, Any] = request.scope.setdefault("hub", {})
    if "session" not in about:
        house: House = request.app.state.house
        about["session"] = await sessions.find(house.opened(request).desk, request.cookies.get(cookie_name(request)))
    found: Session | None = about["session"]
    return found


async def visiting(request: Request) -> Visit:
    """Return the visit; raises NobodyIsSignedIn, ComesFromElsewhere."""
    check_origin(request)
    session = await session_of(request)
    if session is None:
        query = f"?{request.url.query}" if request.url.query else ""
        raise NobodyIsSignedIn(f"{request.url.path}{query}" if request.method == "GET" else "/orders")
    request.scope.setdefault("hub", {}).update(caller=session.caller, session=session)
    house: House = request.app.state.house
    return Visit(request, house, session, Api(house.api, session.caller, handed_on(request), request.client))


Visiting = Annotated[Visit, Depends(visiting)]


async def form_of(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form, in their order, but for line ends as browsers send them; raises HTTPException."""
    raw = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error
    return [(name, held.replace("\r\n", "\n")) for name, held in pairs]


Form = Annotated[list[tuple[str, str]], Depends(form_of)]
