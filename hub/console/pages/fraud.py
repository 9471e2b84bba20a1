"""Fraud review: the doubted orders, and one of them with all that helps to judge it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hub.console.asking import Refused
from hub.console.listing import Listing, asked
from hub.console.visit import Visit, Visiting
from hub.desk.names import spelling, spelt

router: Final = APIRouter()
ACTS: Final = (
    ("order.approve", "", "check"),
    ("order.follow_up", "", "message-square"),
    ("order.cancel", "fraud_proven", "ban"),
)
"""How a doubt ends: the command, its reason, and its icon."""


@router.get("/fraud")
async def fraud(request: Request, visit: Visiting) -> Response:
    """Show the orders whose verdict a person has to judge, and the chosen one, or the first, beside them."""
    listing = await Listing.read(visit, "/v1/fraud-review", asked(request))
    names = [each["order_id"] for each in listing.rows]
    wanted = request.query_params.get("order", "")
    chosen = wanted if wanted in names else next(iter(names), None)
    doubt = await _doubt(visit, spelling(chosen)) if chosen else {}
    return visit.page("fraud.html", listing=listing, chosen=chosen, **doubt)


@router.get("/fraud/{order}")
async def one(order: str, visit: Visiting) -> Response:
    """Show one doubted order beside the list."""
    if not visit.is_fragment():
        return visit.to("/fraud", order=spelt(order))
    return visit.page("fraud_part.html", **await _doubt(visit, order))


async def _doubt(visit: Visit, name: str) -> dict[str, Any]:
    """Return an order and what is known of its customer; without the history where the listing can't tell it now."""
    order, history = await asyncio.gather(visit.api.get(f"/v1/orders/{name}"), _history(visit, name))
    payment = order["payment"] or {}
    refused = [each for each in payment.get("history") or () if each["what"].startswith("payment.refused")]
    allowed = {each["command"] for each in order["actions"] if each["allowed"]}
    acts = [each for each in ACTS if each[0] in allowed]
    return {"order": order, "history": history, "acts": acts, "refused": len(refused), "differ": _differ(order)}


async def _history(visit: Visit, name: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = await visit.api.get(f"/v1/orders/{name}/customer-history")
    except Refused as error:
        if error.status not in (422, 503):
            raise
        return {"items": [], "more": True, "problem": error.problem}
    return {**found, "problem": None}


def _differ(order: Mapping[str, Any]) -> Sequence[str]:
    """Return in what the two addresses of an order differ."""
    contact = order["contact"] or {}
    one, other = contact.get("shipping_address"), contact.get("billing_address")
    if not one or not other:
        return []
    return [part for part in ("name", "street", "city", "postcode", "country") if one.get(part) != other.get(part)]
