"""Signing in and out."""

from contextlib import suppress
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from hub.console import navigation
from hub.console.asking import Api, Refused
from hub.console.house import House
from hub.console.visit import SECURE_COOKIE, Form, Visiting, check_origin, cookie_name, handed_on, session_of
from hub.desk import sessions, signing_in
from hub.desk.callers import Caller
from hub.desk.names import spelling

router: Final = APIRouter()
HOME: Final = "/"


@router.get("/")
async def home(request: Request) -> Response:
    """Lead to where the visitor begins."""
    session = await session_of(request)
    return RedirectResponse("/sign-in" if session is None else navigation.home(session.caller.scopes), 303)


@router.get("/sign-in")
async def sign_in(
    request: Request,
    wanted: Annotated[str, Query(alias="next", max_length=2000)] = HOME,
    out: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """Ask who is there; who has just signed out `here` may do so at his identity provider, too."""
    if await session_of(request) is not None:
        return RedirectResponse(safe(wanted), 303)
    return page(request, wanted=safe(wanted), still=out == "here")


@router.post("/sign-in")
async def begin(request: Request, form: Form) -> Response:
    """Sign somebody in by his token."""
    check_origin(request)
    cookie_name(request)  # or signing in is not safe here
    given = dict(form)
    wanted = safe(given.get("next", HOME))
    token = "".join(given.get("token", "").encode("ascii", "ignore").decode().split())
    house: House = request.app.state.house
    try:
        await Api(house.api, None, handed_on(request), request.client).get("/v1/me", Authorization=f"Bearer {token}")
    except Refused as error:
        return page(request, 401 if error.status == 401 else error.status, wanted=wanted, why=error.code)
    return await signed_in(request, await house.opened(request).door.identify(token), wanted)


async def signed_in(request: Request, caller: Caller, wanted: str, refresh: str | None = None) -> Response:
    """Begin a session, and lead to where the visitor wanted to go."""
    house: House = request.app.state.house
    name = cookie_name(request)
    cookie = await sessions.begin(house.opened(request).desk, caller, refresh)
    answer = RedirectResponse(wanted, 303)
    answer.set_cookie(name, cookie, httponly=True, samesite="lax", secure=name == SECURE_COOKIE, path="/")
    return answer


@router.post("/sign-out")
async def end(visit: Visiting) -> Response:
    """Sign somebody out: his session is gone, and his locks are released."""
    opened = visit.house.opened(visit.request)
    await _release_locks(visit)
    await sessions.end(opened.desk, visit.session)
    elsewhere = visit.session.caller.issuer == signing_in.provider_of(opened.door)
    still = elsewhere and await signing_in.farewell(opened.door, "") is not None
    answer = RedirectResponse("/sign-in?out=here" if still else "/sign-in", 303)
    answer.delete_cookie(cookie_name(visit.request), path="/")
    return answer


async def _release_locks(visit: Visiting) -> None:
    """Have the person's locks released; what can't be released now can be by a lead."""
    with suppress(Refused):
        held = await visit.api.get("/v1/orders", {"locked_by": visit.session.caller.name, "limit": 50})
        for order in held["items"]:
            with suppress(Refused):
                key = {"Idempotency-Key": f"sign-out-{visit.session.key.hex()[:24]}-{order['version']}"}
                await visit.api.send("DELETE", f"/v1/orders/{spelling(order['order_id'])}/lock", {}, headers=key)


def safe(wanted: str) -> str:
    """Return a path of ours: what leads elsewhere is not followed."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\n" not in wanted else HOME


def page(request: Request, status: int = 200, *, wanted: str, why: str | None = None, still: bool = False) -> Response:
    """Return the page that asks who is there, and says why somebody could not sign in, or where he `still` is."""
    house: House = request.app.state.house
    issuer = signing_in.provider_of(house.opened(request).door)
    provider = None if issuer is None else urlsplit(issuer).hostname
    told = {"wanted": wanted, "why": why, "provider": provider, "still": still}
    return HTMLResponse(house.rendered(request, None, "sign_in.html", **told), status)
