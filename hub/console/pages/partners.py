"""Partners: what each said of late, what of it failed, why one is paused, which keys it has, and what is late."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from domain import rights
from hub.console.sparks import bars
from hub.console.visit import Visit, Visiting

router: Final = APIRouter()
WIDE: Final = 480
HIGH: Final = 64


@router.get("/ops/partners")
async def partners(visit: Visiting) -> Response:
    """Show every partner that is known, those first of which something failed or is held back."""
    found = await visit.api.get("/v1/ops/partners")
    order = ("failing", "paused", "on", "quiet")
    rows = [{**each, "state": state_of(each), "failed": _failed(each)} for each in found["items"]]
    rows.sort(key=lambda each: (order.index(each["state"]), each["source"]))
    return visit.page("partners.html", partners=rows, overdue=found["overdue"], since=found["since"])


@router.get("/ops/partners/{slug}")
async def partner(slug: str, visit: Visiting) -> Response:
    """Show one partner."""
    found = await visit.api.get(f"/v1/ops/partners/{slug}")
    hours = found["hours"]
    told = {"partner": found, "state": state_of(found), "slug_of": slug, "failed": _failed(found)}
    share = _share(hours)
    drawn = list(bars([(each["events"] + each["failed"], each["failed"]) for each in hours], WIDE, HIGH))
    return visit.page("partner.html", **told, share=share, bars=drawn, wide=WIDE, high=HIGH, may=may(visit))


def may(visit: Visit) -> Mapping[str, bool]:
    """Return what the person may do with partners: hold them back, and give them keys."""
    keys = visit.may(rights.MANAGE_PARTNERS)
    return {"keys": keys, "pause": keys or visit.may(rights.OPERATE)}


def state_of(partner: Mapping[str, Any]) -> str:
    """Return the word for how a partner does."""
    if partner["paused"]:
        return "paused"
    if _failed(partner):
        return "failing"
    return "on" if partner["events"] else "quiet"


def _failed(partner: Mapping[str, Any]) -> int:
    return sum(each["count"] for each in partner["failing"])


def _share(hours: list[dict[str, Any]]) -> float | None:
    """Return how many per cent of what came in these hours failed; None where nothing came."""
    events, failed = sum(each["events"] for each in hours), sum(each["failed"] for each in hours)
    return round(100 * failed / (events + failed), 1) if events + failed else None
