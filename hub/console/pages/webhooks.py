"""Webhooks: the endpoints of who is signed in, and what each was sent."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hub.console.listing import Listing
from hub.console.sparks import bars
from hub.console.visit import Visiting

router: Final = APIRouter()
SHOWN: Final = 200
"""Attempts that the bars are drawn of."""
KEPT_DAYS: Final = 14
WIDE: Final = 480
HIGH: Final = 48


@router.get("/webhooks")
async def webhooks(visit: Visiting) -> Response:
    """Show the person's endpoints."""
    found = await visit.api.get("/v1/webhooks")
    return visit.page("webhooks.html", webhooks=[{**each, "state": state_of(each)} for each in found["items"]])


@router.get("/webhooks/{webhook}")
async def webhook(request: Request, webhook: str, visit: Visiting) -> Response:
    """Show an endpoint with what came of its events, the newest tries first."""
    found = await visit.api.get(f"/v1/webhooks/{webhook}")
    cursor = request.query_params.get("cursor")
    asked = [("limit", "50"), *([("cursor", cursor)] if cursor else [])]
    listing = await Listing.read(visit, f"/v1/webhooks/{webhook}/attempts", asked)
    newest = (await visit.api.get(f"/v1/webhooks/{webhook}/attempts", {"limit": SHOWN}))["items"]
    days = _days(newest)
    drawn = list(bars([(each["tries"], each["failed"]) for each in days], WIDE, HIGH))
    done = request.query_params.get("done")
    told: dict[str, Any] = {
        "done": done,
        "webhook": {**found, "state": state_of(found)},
        "listing": listing,
        "days": days,
        "newest": len(newest),
    }
    return visit.page("webhook.html", **told, bars=drawn, wide=WIDE, high=HIGH, most=SHOWN)


def state_of(webhook: Mapping[str, Any]) -> str:
    """Return the word for how an endpoint does."""
    if not webhook["enabled"]:
        return "disabled" if webhook["disabled_because"] else "resting"
    return "left_alone" if webhook["rests_until"] else "on"


def _days(attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how many of these tries there were on each of the last days, and how many failed, the oldest day first."""
    now = datetime.now(UTC)
    names = [f"{now - timedelta(days=ago):%Y-%m-%d}" for ago in range(KEPT_DAYS, -1, -1)]
    days: dict[str, dict[str, Any]] = {name: {"day": name, "tries": 0, "failed": 0} for name in names}
    for each in attempts:
        day = days.setdefault(each["at"][:10], {"day": each["at"][:10], "tries": 0, "failed": 0})
        day["tries"] += 1
        day["failed"] += not each["delivered"]
    return list(days.values())
