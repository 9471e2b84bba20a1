"""Team: what stands in each store of a lead, whose locks and drafts are old, and what partners said of late."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from domain import rights
from hub.console import people
from hub.console.listing import Listing, asked
from hub.console.sparks import spark
from hub.console.visit import Visit, Visiting

router: Final = APIRouter()
AGES: Final = ("under_1_day", "under_3_days", "under_7_days", "older")
"""How long ago orders were placed, as the API has it."""


@router.get("/team")
async def team(request: Request, visit: Visiting) -> Response:
    """Show each store: open orders by state and age, what is overdue and held, refunds, locks and drafts."""
    listing = await Listing.read(visit, "/v1/team", asked(request))
    rows = [{**each, "counted": _counted(each["open"])} for each in listing.rows]
    partners = [] if listing.found is None else [_drawn(each) for each in listing.found["partners"]]
    called = await people.names(visit, _named(listing.rows))
    told: dict[str, Any] = {
        "listing": listing,
        "stores": rows,
        "partners": partners,
        "called": called,
        "may": _may(visit),
    }
    return visit.page("team.html", **told, ages=AGES, me=visit.session.caller.name)


def _may(visit: Visit) -> Mapping[str, bool]:
    """Return what the person may do here, and whether the pages of orders are open to him."""
    return {
        "read": visit.may(*rights.READERS),
        "unlock": visit.may(rights.UNLOCK),
        "transfer": visit.may(rights.TRANSFER) and visit.may(rights.MANAGE),
    }


def _counted(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how many orders are open in all."""
    counts = [each[age] for each in states for age in AGES]
    return {"value": sum(each["value"] for each in counts), "capped": any(each["capped"] for each in counts)}


def _drawn(partner: Mapping[str, Any]) -> dict[str, Any]:
    """Return a partner with its sums, and the line of its events."""
    hours = partner["hours"]
    sums = {name: sum(each[name] for each in hours) for name in ("events", "late", "failed")}
    return {**partner, "sums": sums, "line": spark([each["events"] for each in hours])}


def _named(rows: Sequence[Mapping[str, Any]]) -> Iterable[str | None]:
    """Return who has locks and drafts."""
    for row in rows:
        yield from (each["owner"] for each in row["locks"])
        yield from (each[who] for each in row["drafts"] for who in ("assignee", "locked_by"))
