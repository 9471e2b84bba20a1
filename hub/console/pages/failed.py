"""Failed records: what operators have under way, why records failed, and one record whole."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from domain import rights
from hub.console import choosing, json_lines
from hub.console.asking import Refused
from hub.console.forms import key_of, keyed, shown
from hub.console.listing import Listing
from hub.console.sparks import spark
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
FRESH: Final = timedelta(minutes=30)
"""How long an operation that has ended is shown among those under way."""


@router.get("/ops/failed")
async def causes(request: Request, visit: Visiting) -> Response:
    """Show why records failed, by cause, below what is under way."""
    chosen = choosing.filters(request.query_params.multi_items())
    found, running = await asyncio.gather(visit.api.get("/v1/ops/failed", chosen), _running(visit))
    told = {"causes": found, "running": running, "chosen": chosen, "spark": spark, "of_cause": choosing.of_cause}
    return visit.page("failed.html", **told, first=await _cause(visit, chosen, found[0]) if found else None)


@router.get("/ops/failed/running")
async def running(visit: Visiting) -> Response:
    """Give the cards of what is under way, as they stand."""
    return visit.page("failed_running.html", running=await _running(visit))


@router.get("/ops/failed/peek")
async def peek(request: Request, visit: Visiting) -> Response:
    """Show a cause beside the list."""
    chosen = choosing.filters(request.query_params.multi_items())
    found = await visit.api.get("/v1/ops/failed", chosen)
    return visit.page("failed_peek.html", first=await _cause(visit, chosen, found[0]) if found else None)


@router.get("/ops/failed/records")
async def records(request: Request, visit: Visiting) -> Response:
    """Show failed records one by one, the oldest first."""
    given = [each for each in request.query_params.multi_items() if each[1]]
    asked = [*choosing.filters(given), *(each for each in given if each[0] in ("cursor", "limit"))]
    listing = await Listing.read(visit, "/v1/ops/failed/records", asked)
    return visit.page("failed_records.html", listing=listing, chosen=choosing.filters(given))


@router.get("/ops/failed/{record:int}")
async def record(record: int, visit: Visiting) -> Response:
    """Show one record as it came, as it would be tried, and what would become of it."""
    found = await visit.api.get(f"/v1/ops/failed/{record}")
    return record_page(visit, found)


def record_page(visit: Visit, found: Mapping[str, Any], status: int = 200, **told: Any) -> Response:
    """Return the page of a record; `told` has what was written into its form, and what came of it."""
    current = found["value"] if found["edited_value"] is None else found["edited_value"]
    headers = found["edited_headers"] or found["headers"] or {}
    came = json_lines.read(found["value"])
    usual = {
        "value": json_lines.pretty(current),
        "headers": {name: held for name, held in headers.items() if name != "hub-token"},
        "violations": found["violations"],
        "would": found["would"],
        "tried": False,
        "why": "",
        "key": key_of({}),
        "problem": None,
        "wrong": None,
    }
    faults = found["violations"] if found["edited_value"] is None else ()
    lines = [] if came is json_lines.MISSING else json_lines.lines(came, faults)
    may = visit.may(rights.OPERATE)
    return visit.page("failed_record.html", status, found=found, lines=lines, may=may, **usual | told)


@router.get("/ops/operations/{operation:int}/stop")
async def stopping(operation: int, visit: Visiting) -> Response:
    """Ask why an operation is stopped, and say how much of it would be."""
    return await _stopping(visit, operation, {})


@router.post("/ops/operations/{operation:int}/stop")
async def stop(operation: int, visit: Visiting, form: Form) -> Response:
    """Take back what an operation asked for, as far as nobody has carried it out."""
    given = dict(form)
    try:
        await visit.api.send(
            "POST",
            f"/v1/ops/operations/{operation}/stop",
            {"why": given.get("why", "")},
            headers=keyed(given),
        )
    except Refused as error:
        return await _stopping(visit, operation, given, shown(error))
    return visit.to("/ops/failed")


async def _stopping(visit: Visit, operation: int, given: Mapping[str, str], error: Refused | None = None) -> Response:
    found = _progress([await visit.api.get(f"/v1/ops/operations/{operation}")])[0]
    problem = None if error is None else error.problem
    template = "operation_stop_part.html" if visit.is_fragment() else "operation_stop.html"
    status = 200 if error is None else error.status
    return visit.page(template, status, operation=found, problem=problem, key=key_of(given, problem))


async def _running(visit: Visit) -> list[dict[str, Any]]:
    """Return what is under way, and what ended a short while ago, the newest first."""
    found = _progress(await visit.api.get("/v1/ops/operations/followed"))
    fresh = datetime.now(UTC) - FRESH
    return [each for each in found if each["waiting"] or datetime.fromisoformat(each["at"]) > fresh]


def _progress(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return operations with how many records each has, how many are done, and about when the last one will be."""
    made = []
    for each in found:
        whole = max(each["touched"], each["waiting"] + each["failed"] + sum(each["became"].values()))
        done = whole - each["waiting"]
        now, began = datetime.now(UTC), datetime.fromisoformat(each["at"])
        ends = now + (now - began) * (each["waiting"] / done) if done and each["waiting"] else None
        made.append({**each, "whole": whole, "done": done, "ends": ends})
    return made


async def _cause(visit: Visit, chosen: choosing.Query, cause: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cause with the newest filters that mean it, and its first records."""
    of = {name: cause[name] for name in ("kind", "code", "topic") if cause[name]}
    query = [*{**dict(chosen), **of}.items()]
    found = await visit.api.get("/v1/ops/failed/records", [*query, ("limit", "5")])
    return {**cause, "records": found["items"], "query": query}
