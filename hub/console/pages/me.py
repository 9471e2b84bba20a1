"""Me: what somebody may do, what he has locked, and how he wants to see things."""

from typing import Any, Final
from zoneinfo import available_timezones

from fastapi import APIRouter, Response

from domain import rights
from hub.console.languages import LANGUAGES
from hub.console.visit import Form, Visiting
from hub.desk import sessions

router: Final = APIRouter()
THEMES: Final = ("", "light", "dark")


@router.get("/me")
async def me(visit: Visiting) -> Response:
    """Show who is signed in, and how he sees things."""
    told = await visit.api.get("/v1/me")
    locked: dict[str, Any] = {"items": []}
    if visit.may(*rights.READERS):
        locked = await visit.api.get("/v1/orders", {"locked_by": visit.session.caller.name, "limit": 50})
    says = {name: rights.SCOPES[name].says for name in told["scopes"] if name in rights.SCOPES}
    return visit.page("me.html", me=told, says=says, locked=locked["items"], zones=sorted(available_timezones()))


@router.post("/me")
async def wish(visit: Visiting, form: Form) -> Response:
    """Keep how somebody wants to see things."""
    given = dict(form)
    wishes: dict[str, object] = {}
    if given.get("theme", "") in THEMES:
        wishes["theme"] = given.get("theme", "")
    if given.get("language") in LANGUAGES:
        wishes["language"] = given["language"]
    if given.get("zone") in available_timezones():
        wishes["zone"] = given["zone"]
    if "letters" in given:
        wishes["letters"] = given["letters"] == "on"
    await sessions.wish(visit.house.opened(visit.request).desk, visit.session, **wishes)
    return visit.to("/me")
