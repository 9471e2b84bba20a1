"""Orders: the one box, what it was understood as, filters, and the list."""

import re
import secrets
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Request, Response

from hub.console.listing import Listing
from hub.console.visit import Form, Visit, Visiting
from hub.desk.names import spelling

router: Final = APIRouter()
SEARCHES: Final = 20
"""Searches that name people, which a session keeps: their texts are in no address."""
FILTERS: Final = (
    "state", "store", "hold", "alert", "kind", "channel", "payment", "locked_by", "assignee", "overdue", "attention",
)  # fmt: skip
SORTS: Final = ("placed", "due", "updated", "number", "name", "total", "state", "store")
_PERSONAL: Final = re.compile(r"@|\+?\d[\d\s().-]{6,}")


@router.get("/orders")
async def orders(request: Request, visit: Visiting) -> Response:
    """Show orders: found, filtered, or just the newest."""
    asked = [(name, held) for name, held in request.query_params.multi_items() if held and name not in ("s", "peek")]
    text = _text_of(request, visit)
    if text:
        asked = [each for each in asked if each[0] != "q"] + [("q", text)]
    listing = await Listing.read(visit, "/v1/orders", asked)
    only = (listing.found or {}).get("only")
    if only and not visit.is_fragment() and "cursor" not in request.query_params:
        return visit.to(f"/orders/{_only(listing)}")
    return visit.page("orders.html", listing=listing, text=text or "", filters=_filters(listing), sorts=SORTS)


@router.post("/orders/search")
async def search(visit: Visiting, form: Form) -> Response:
    """Search for what names a person: it is kept in the session, and no address tells it."""
    text = dict(form).get("q", "").strip()[:200]
    if not _PERSONAL.search(text):
        return visit.to("/orders", **({"q": text} if text else {}))
    name = secrets.token_hex(4)
    await visit.wish(
        lambda was: replace(was, searches={**dict(list(was.searches.items())[-SEARCHES + 1 :]), name: text})
    )
    return visit.to("/orders", s=name)


@router.get("/orders/{order}/peek")
async def peek(order: str, visit: Visiting) -> Response:
    """Show an order beside the list."""
    found = await visit.api.get(f"/v1/orders/{order}")
    return visit.page("orders_peek.html", order=found)


def _text_of(request: Request, visit: Visit) -> str | None:
    named = request.query_params.get("s")
    if named:
        return visit.wishes.searches.get(named)
    return request.query_params.get("q")


def _only(listing: Listing) -> str:
    """Return the id of the one order that was found."""
    assert listing.found is not None
    return spelling(listing.found["items"][0]["order_id"]) if listing.found["items"] else str(listing.found["only"])


def _filters(listing: Listing) -> list[tuple[str, str]]:
    """Return the filters that are set."""
    return [each for each in listing.asked if each[0] in FILTERS]
