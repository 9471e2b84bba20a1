"""Lists of what waits for people: reasons for attention, and drafts."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from domain import rights
from hub.console import people
from hub.console.acts import Act
from hub.console.listing import Listing, asked
from hub.console.pages.order import act_of
from hub.console.visit import Visit, Visiting

router: Final = APIRouter()


_COMMAND: Final = re.compile(r"\b[a-z]+(?:\.[a-z_]+)+\b")
_NAMED: Final = {"alert": "part.alert", "hold": "part.hold"}
"""How a reason names what of the order its acts are about."""


def _advised(visit: Visit, row: Mapping[str, Any]) -> list[tuple[Act, dict[str, str]]]:
    """Return the acts that a reason speaks of, as far as the person's scopes reach, and how their forms begin."""
    named = (act_of(visit, each) for each in dict.fromkeys(_COMMAND.findall(row["do"])))
    about = {_NAMED[row["kind"]]: row["what"]} if row["kind"] in _NAMED else {}
    begun = {**about, "back": "/attention"}
    return [(act, begun) for act in named if act is not None and act.of_order and visit.may(*act.scopes)]


@router.get("/attention")
async def attention(request: Request, visit: Visiting) -> Response:
    """Show why people should look at orders, by deadline."""
    listing = await Listing.read(visit, "/v1/attention", asked(request))
    return visit.page("attention.html", listing=listing, advised=partial(_advised, visit))


@router.get("/pending")
async def pending(request: Request, visit: Visiting) -> Response:
    """Show drafts: one's own first, then the last changed."""
    listing = await Listing.read(visit, "/v1/pending-orders", asked(request))
    me = visit.session.caller.name
    rows = sorted(listing.rows, key=lambda row: me not in (row["assignee"], row["locked_by"]))
    called = await people.names(visit, [row[who] for row in rows for who in ("assignee", "locked_by")])
    manages, transfers = visit.may(rights.MANAGE), visit.may(rights.TRANSFER)
    return visit.page(
        "pending.html", listing=listing, rows=rows, me=me, called=called, manages=manages, transfers=transfers
    )


@router.get("/parts/counts")
async def counts(visit: Visiting) -> Response:
    """Give the numbers of the navigation; there are none for who reads no orders."""
    if not visit.may(*rights.READERS):
        return Response(status_code=204)
    return visit.page("counts.html", counts=await visit.api.get("/v1/counts"))
