"""Lists of what waits for people: reasons for attention, flash reorders, drafts, doubted orders."""

from typing import Final

from fastapi import APIRouter, Request, Response

from hub.console.listing import Listing, asked
from hub.console.visit import Visiting

router: Final = APIRouter()


@router.get("/attention")
async def attention(request: Request, visit: Visiting) -> Response:
    """Show why people should look at orders, by deadline."""
    listing = await Listing.read(visit, "/v1/attention", asked(request))
    return visit.page("attention.html", listing=listing)


@router.get("/flash")
async def flash(request: Request, visit: Visiting) -> Response:
    """Show flash reorders, the oldest first."""
    return visit.page("flash.html", listing=await Listing.read(visit, "/v1/flash-reorders", asked(request)))


@router.get("/pending")
async def pending(request: Request, visit: Visiting) -> Response:
    """Show drafts, the last changed first."""
    return visit.page("pending.html", listing=await Listing.read(visit, "/v1/pending-orders", asked(request)))


@router.get("/fraud")
async def fraud(request: Request, visit: Visiting) -> Response:
    """Show the orders whose verdict a person has to judge."""
    return visit.page("fraud.html", listing=await Listing.read(visit, "/v1/fraud-review", asked(request)))


@router.get("/parts/counts")
async def counts(visit: Visiting) -> Response:
    """Give the numbers of the navigation."""
    return visit.page("counts.html", counts=await visit.api.get("/v1/counts"))
