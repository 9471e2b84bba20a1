"""Signing in by the identity provider: the browser goes there, and comes back with a code."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from hub.console.house import House
from hub.console.pages.sign_in import HOME, page, safe, signed_in
from hub.console.visit import SECURE_COOKIE, cookie_name
from hub.desk import signing_in
from hub.desk.callers import Doorkeeper, IdentityIsAway, NobodySignedIn
from hub.desk.signing_in import Beginning

router: Final = APIRouter()
BACK: Final = "/sign-in/back"
MINUTES: Final = 10
Text = Annotated[str | None, Query(max_length=4000)]


@router.get("/sign-in/provider")
async def leave(request: Request, wanted: Annotated[str, Query(alias="next", max_length=2000)] = HOME) -> Response:
    """Send the browser to the provider; a cookie of its own remembers what must come back."""
    beginning = Beginning.new()
    try:
        where = await signing_in.address(_door(request), beginning, _back(request))
    except NobodySignedIn:
        return RedirectResponse("/sign-in", 303)
    except IdentityIsAway:
        return page(request, 503, wanted=safe(wanted), why="identity_away")
    kept = json.dumps([beginning.state, beginning.verifier, safe(wanted)]).encode()
    answer = RedirectResponse(where, 303)
    name, secure = _begun(request)
    answer.set_cookie(
        name,
        urlsafe_b64encode(kept).decode(),
        max_age=60 * MINUTES,
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )
    return answer


@router.get("/sign-out/provider")
async def leave_there(request: Request) -> Response:
    """Send the browser to where it signs out at the provider, which asks its user first."""
    back = str(request.url.replace(path="/sign-in", query="", fragment=""))
    return RedirectResponse(await signing_in.farewell(_door(request), back) or "/sign-in", 303)


@router.get(BACK)
async def come_back(
    request: Request, code: Text = None, state: Text = None, iss: Text = None, error: Text = None
) -> Response:
    """Take what the provider sent the browser back with: it must be what this browser left for."""
    provider, (name, _) = signing_in.provider_of(_door(request)), _begun(request)
    begun = _read(request.cookies.get(name))
    if provider is None or begun is None:
        return page(request, 400, wanted=HOME, why="begun_elsewhere")
    beginning, wanted = begun
    if state != beginning.state or (iss is not None and iss != provider):
        return page(request, 400, wanted=wanted, why="begun_elsewhere")
    if code is None or error is not None:
        return page(request, 401, wanted=wanted, why="provider_refused")
    answer = await _redeemed(request, code, beginning, wanted)
    answer.delete_cookie(name, path="/")
    return answer


async def _redeemed(request: Request, code: str, beginning: Beginning, wanted: str) -> Response:
    try:
        found = await signing_in.come_back(_door(request), code, beginning, _back(request))
    except NobodySignedIn:
        return page(request, 401, wanted=wanted, why="provider_refused")
    except IdentityIsAway:
        return page(request, 503, wanted=wanted, why="identity_away")
    return await signed_in(request, found.caller, wanted, found.refresh)


def _door(request: Request) -> Doorkeeper:
    house: House = request.app.state.house
    return house.opened(request).door


def _back(request: Request) -> str:
    return str(request.url.replace(path=BACK, query="", fragment=""))


def _begun(request: Request) -> tuple[str, bool]:
    """Return the name of the cookie that remembers a beginning, and whether it is for HTTPS alone."""
    session = cookie_name(request)
    return f"{session}-begun", session == SECURE_COOKIE


def _read(kept: str | None) -> tuple[Beginning, str] | None:
    try:
        state, verifier, wanted = json.loads(urlsafe_b64decode(kept or ""))
        return Beginning(str(state), str(verifier)), safe(str(wanted))
    except (ValueError, TypeError):
        return None
