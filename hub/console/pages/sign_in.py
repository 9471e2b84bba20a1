"""Signing in and out."""

from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from hub.console import navigation
from hub.console.asking import Api, Refused
from hub.console.house import House
from hub.console.visit import SECURE_COOKIE, Form, Visiting, check_origin, cookie_name, session_of, trace_of
from hub.desk import sessions

router: Final = APIRouter()
HOME: Final = "/"


@router.get("/")
async def home(request: Request) -> Response:
    """Lead to where the visitor begins."""
    session = await session_of(request)
    return RedirectResponse("/sign-in" if session is None else navigation.home(session.caller.scopes), 303)


@router.get("/sign-in")
async def sign_in(request: Request, wanted: Annotated[str, Query(alias="next", max_length=2000)] = HOME) -> Response:
    """Ask who is there."""
    if await session_of(request) is not None:
        return RedirectResponse(_safe(wanted), 303)
    return _page(request, wanted=_safe(wanted))


@router.post("/sign-in")
async def begin(request: Request, form: Form) -> Response:
    """Sign somebody in by his token."""
    check_origin(request)
    name, given = cookie_name(request), dict(form)
    wanted, token = (
        _safe(given.get("next", HOME)),
        "".join(given.get("token", "").encode("ascii", "ignore").decode().split()),
    )
    house: House = request.app.state.house
    try:
        await Api(house.api, None, trace_of(request), request.client).get("/v1/me", Authorization=f"Bearer {token}")
    except Refused as error:
        return _page(request, 401 if error.status == 401 else error.status, wanted=wanted, why=error.code)
    opened = house.opened(request)
    cookie = await sessions.begin(opened.desk, await opened.door.identify(token))
    answer = RedirectResponse(wanted, 303)
    answer.set_cookie(name, cookie, httponly=True, samesite="lax", secure=name == SECURE_COOKIE, path="/")
    return answer


@router.post("/sign-out")
async def end(visit: Visiting) -> Response:
    """Sign somebody out: his session is gone, and his locks are released."""
    await _release_locks(visit)
    await sessions.end(visit.house.opened(visit.request).desk, visit.session)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(visit.request), path="/")
    return answer


async def _release_locks(visit: Visiting) -> None:
    """Have the person's locks released; what can't be released now can be by a lead."""
    with suppress(Refused):
        held = await visit.api.get("/v1/orders", {"locked_by": visit.session.caller.name, "limit": 50})
        for order in held["items"]:
            with suppress(Refused):
                key = {"Idempotency-Key": f"sign-out-{visit.session.key.hex()[:24]}-{order['version']}"}
                await visit.api.send("DELETE", f"/v1/orders/{order['order_id']}/lock", {}, headers=key)


def _safe(wanted: str) -> str:
    """Return a path of ours: what leads elsewhere is not followed."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and "\n" not in wanted else HOME


def _page(request: Request, status: int = 200, *, wanted: str, why: str | None = None) -> Response:
    house: House = request.app.state.house
    return HTMLResponse(house.rendered(request, None, "sign_in.html", wanted=wanted, why=why), status)
