"""Audit: what operators did, which locks were ended by force, what was refused, and who was here."""

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from hub.console import people
from hub.console.listing import Listing
from hub.console.visit import Visiting

router: Final = APIRouter()
FILTERS: Final = ("kind", "by", "since", "until")
MOST: Final = 1000
"""Rows of an export."""
COLUMNS: Final = ("at", "kind", "by", "what", "why", "code", "count", "wish")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would reckon with."""


def _asked(request: Request) -> list[tuple[str, str]]:
    """Return the filters of an address; a day stands for its beginning."""
    given = [(name, held) for name, held in request.query_params.multi_items() if held and name in FILTERS]
    days = ("since", "until")
    return [(name, f"{held}T00:00:00Z" if name in days and len(held) == 10 else held) for name, held in given]


@router.get("/ops/audit")
async def audit(request: Request, visit: Visiting) -> Response:
    """Show who did what, the newest first."""
    asked = _asked(request)
    cursor = request.query_params.get("cursor")
    listing = await Listing.read(visit, "/v1/ops/audit", [*asked, *([("cursor", cursor)] if cursor else [])])
    names = await people.names(visit, [each["by"].rpartition("|")[2] for each in listing.rows])
    return visit.page("audit.html", listing=listing, names=names, most=MOST)


@router.get("/ops/audit.csv")
async def export(request: Request, visit: Visiting) -> Response:
    """Give the newest rows as a file that spreadsheets read."""
    asked, rows = _asked(request), list[Any]()
    cursor: str | None = None
    while len(rows) < MOST:
        more = [("cursor", cursor)] if cursor else []
        found = await visit.api.get("/v1/ops/audit", [*asked, ("limit", "200"), *more])
        rows += found["items"]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    told = io.StringIO()
    writer = csv.writer(told)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(name, each) for name in COLUMNS] for each in rows[:MOST])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "private, no-store"}
    return Response(told.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(name: str, row: Mapping[str, Any]) -> str:
    """Return a cell as text, never as something that a spreadsheet reckons with."""
    held = row[name]
    text = "; ".join(f"{key}={each}" for key, each in held.items()) if isinstance(held, dict) else str(held or "")
    return f"'{text}" if text.startswith(_FORMULA) else text
