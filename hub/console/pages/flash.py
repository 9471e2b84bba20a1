"""Flash reorders: those under way, and a new one for what an order misses."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from domain import rights
from hub.console.asking import Refused
from hub.console.fields import FieldIsWrong, body_of, fields_of, without_none
from hub.console.forms import key_of, shown, waiting
from hub.console.listing import Listing, asked
from hub.console.pages.acting import send
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
COMMAND: Final = "flash.create"
MISSING: Final = ("anomaly", "restocking", "unavailable")
LIVE: Final = ("draft", "sent", "accepted")
ACTS: Final = MappingProxyType(
    {
        "draft": ("flash.send", "flash.add", "flash.remove", "flash.cancel"),
        "sent": ("flash.cancel",),
        "accepted": ("flash.cancel",),
    }
)
"""What may be done with a flash reorder in each state."""


@router.get("/flash")
async def flash(request: Request, visit: Visiting) -> Response:
    """Show flash reorders, the oldest first."""
    listing = await Listing.read(visit, "/v1/flash-reorders", asked(request))
    return visit.page("flash.html", listing=listing, acts=ACTS if visit.may(rights.MANAGE) else {})


@router.get("/orders/{order}/acts/flash.create")
async def form(order: str, visit: Visiting) -> Response:
    """Ask which of the missing pieces to search for."""
    found = await visit.api.get(f"/v1/orders/{order}")
    usual = {f"lines.{each['line']}.quantity": str(each["quantity"]) for each in _missing(found) if each["free"]}
    return _page(visit, found, usual)


@router.post("/orders/{order}/acts/flash.create")
async def ask(order: str, visit: Visiting, form: Form) -> Response:
    """Draft the flash reorder, or send it at once."""
    given = dict(form)
    found = await visit.api.get(f"/v1/orders/{order}")
    row = visit.house.acts[COMMAND][0]
    try:
        body = body_of(fields_of(row.schema, found), without_none(given), found["currency"])
        reply = await send(visit, row, found, body, given, dry=False)
    except FieldIsWrong as error:
        return _page(visit, found, given, error.problem, 422)
    except Refused as error:
        return _page(visit, found, given, shown(error).problem, error.status)
    if reply.status == 202:
        return waiting(visit, reply)
    return visit.to(f"/orders/{order}", done=COMMAND)


def _missing(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the lines that miss pieces: what was found of them before, and whether they are free to search for."""
    told = []
    for line in (each for each in order["lines"] if each["state"] in MISSING):
        parts = [
            (part, flash["state"]) for flash in order["flash_reorders"] for part in flash["lines"] if _of(part, line)
        ]
        found = sum(part["found"] for part, _ in parts)
        told.append({**line, "found": found, "free": not any(state in LIVE for _, state in parts)})
    return told


def _of(part: Mapping[str, int], line: Mapping[str, Any]) -> bool:
    return bool(part["line"] == line["line"])


def _page(
    visit: Visit,
    order: Mapping[str, Any],
    given: Mapping[str, str],
    problem: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    action = next((each for each in order["actions"] if each["command"] == COMMAND), None)
    shown = {"order": order, "lines": _missing(order), "given": given, "problem": problem, "action": action}
    template = "flash_part.html" if visit.is_fragment() else "flash_new.html"
    return visit.page(template, status, **shown, key=key_of(given, problem))
