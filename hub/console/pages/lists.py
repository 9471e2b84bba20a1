"""Lists of what waits for people: reasons for attention, refunds, returns, flash reorders, drafts, doubted orders."""

from typing import Final

from fastapi import APIRouter, Request, Response

from domain import rights
from hub.console import people
from hub.console.asking import spelled
from hub.console.listing import Listing
from hub.console.visit import Visiting

router: Final = APIRouter()


def _asked(request: Request, **usual: str) -> list[tuple[str, str]]:
    """Return what a list is asked by, with what is usual where the address says nothing of it."""
    given = [(name, held) for name, held in request.query_params.multi_items() if held]
    named = {name for name, _ in given}
    return [each for each in given if each[1] != "any"] + [each for each in usual.items() if each[0] not in named]


@router.get("/attention")
async def attention(request: Request, visit: Visiting) -> Response:
    """Show why people should look at orders, by deadline."""
    listing = await Listing.read(visit, "/v1/attention", _asked(request))
    return visit.page("attention.html", listing=listing)


@router.get("/refunds")
async def refunds(request: Request, visit: Visiting) -> Response:
    """Show the refunds that wait for somebody, unless others are asked for."""
    listing = await Listing.read(visit, "/v1/refunds", _asked(request, state="requested"))
    return visit.page("refunds.html", listing=listing)


@router.get("/returns")
async def returns(request: Request, visit: Visiting) -> Response:
    """Show the returns that are on their way; a code that is typed opens its return."""
    code = request.query_params.get("rma", "").strip()
    if code:
        found = await visit.api.get(f"/v1/returns/{code}")
        return visit.to(f"/orders/{spelled(found['order_id'])}/acts/return.receive", **{"part.rma": found["rma_code"]})
    listing = await Listing.read(visit, "/v1/returns", _asked(request, state="awaiting_receipt"))
    return visit.page("returns.html", listing=listing)


@router.get("/flash")
async def flash(request: Request, visit: Visiting) -> Response:
    """Show flash reorders, the oldest first."""
    return visit.page("flash.html", listing=await Listing.read(visit, "/v1/flash-reorders", _asked(request)))


@router.get("/pending")
async def pending(request: Request, visit: Visiting) -> Response:
    """Show drafts: one's own first, then the last changed."""
    listing = await Listing.read(visit, "/v1/pending-orders", _asked(request))
    me = visit.session.caller.name
    rows = sorted(listing.rows, key=lambda row: me not in (row["assignee"], row["locked_by"]))
    called = await people.names(visit, [row[who] for row in rows for who in ("assignee", "locked_by")])
    manages, transfers = visit.may(rights.MANAGE), visit.may(rights.TRANSFER)
    return visit.page(
        "pending.html", listing=listing, rows=rows, me=me, called=called, manages=manages, transfers=transfers
    )


@router.get("/fraud")
async def fraud(request: Request, visit: Visiting) -> Response:
    """Show the orders whose verdict a person has to judge."""
    return visit.page("fraud.html", listing=await Listing.read(visit, "/v1/fraud-review", _asked(request)))


@router.get("/parts/counts")
async def counts(visit: Visiting) -> Response:
    """Give the numbers of the navigation."""
    return visit.page("counts.html", counts=await visit.api.get("/v1/counts"))
