"""Me: what somebody may do, what he has locked, and how he wants to see things."""

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from fastapi import APIRouter, Response

from domain import rights
from hub.console.asking import Refused
from hub.console.languages import LANGUAGES
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
THEMES: Final = ("", "light", "dark")


_zones: Final = cache(lambda: frozenset(available_timezones()))
"""The names of time zones, looked up in files once."""


@router.get("/me")
async def me(visit: Visiting) -> Response:
    """Show who is signed in, and how he sees things."""
    told = await visit.api.get("/v1/me")
    locked: dict[str, Any] = {"items": []}
    if visit.may(*rights.READERS):
        locked = await _locked(visit)
    says = {name: rights.SCOPES[name].says for name in told["scopes"] if name in rights.SCOPES}
    return visit.page("me.html", me=told, says=says, locked=locked["items"], zones=sorted(_zones()))


async def _locked(visit: Visit) -> dict[str, Any]:
    """Return the orders that somebody has locked; none while the lists that tell them are being built."""
    try:
        found: dict[str, Any] = await visit.api.get("/v1/orders", {"locked_by": visit.session.caller.name, "limit": 50})
    except Refused as error:
        if error.status != 503:
            raise
        return {"items": []}
    return found


@router.post("/me")
async def wish(visit: Visiting, form: Form) -> Response:
    """Keep how somebody wants to see things."""
    given = dict(form)
    await visit.wish(
        lambda was: replace(
            was,
            theme=_one_of(given.get("theme"), THEMES, was.theme),
            language=_one_of(given.get("language"), LANGUAGES, was.language),
            zone=_one_of(given.get("zone"), _zones() | {""}, was.zone),
            letters=given.get("letters", "on" if was.letters else "off") == "on",
        )
    )
    return visit.to("/me")


def _one_of(given: str | None, known: Collection[str], was: str) -> str:
    """Return what was chosen; what it was where nothing was, or what there is not."""
    return given if given is not None and given in known else was
