"""What if: orders decided again by other choices, in a process of its own, and how they would stand."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, Response

from domain.deciding.decision import Policy
from hub.console import json_lines
from hub.console.asking import Refused
from hub.console.forms import shown
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
ROWS: Final = 3
"""Choices that one form changes at most."""


def _choices() -> list[tuple[str, str]]:
    """Return the choices by their names, each with what it is unless a retailer says otherwise."""
    usual = Policy()
    return [(each.name, _written(getattr(usual, each.name))) for each in fields(Policy)]


def _written(held: Any) -> str:
    """Return a choice as the API takes it."""
    if isinstance(held, timedelta):
        hours = held.total_seconds() / 3600
        return f"P{hours / 24:g}D" if hours % 24 == 0 else f"PT{hours:g}H" if hours % 1 == 0 else f"PT{hours * 60:g}M"
    return json.dumps(held) if not isinstance(held, str) else held


CHOICES: Final = tuple(_choices())


@router.get("/ops/what-if")
async def what_if(visit: Visiting) -> Response:
    """Show the form, and what was tried of late."""
    return await _page(visit, {})


@router.post("/ops/what-if")
async def start(visit: Visiting, form: Form) -> Response:
    """Begin to try other choices; nothing is changed."""
    given = dict(form)
    try:
        begun = await visit.api.send("POST", "/v1/ops/what-if/jobs", _asked(given))
    except Refused as error:
        return await _page(visit, given, shown(error))
    return visit.to(f"/ops/what-if/{begun.document['id']}")


@router.get("/ops/what-if/{job}")
async def show(job: str, visit: Visiting) -> Response:
    """Show how far it is, and then how orders would stand."""
    try:
        found = await visit.api.get(f"/v1/ops/what-if/jobs/{job}")
    except Refused as error:
        if error.status != 404:
            raise
        return visit.page("ops_what_if_job.html", 404, job=None)
    return visit.page("ops_what_if_job.html", job=found)


@router.post("/ops/what-if/{job}/stop")
async def stop(job: str, visit: Visiting) -> Response:
    """Stop it."""
    try:
        await visit.api.send("DELETE", f"/v1/ops/what-if/jobs/{job}")
    except Refused as error:
        if error.status != 404:
            raise
    return visit.to(f"/ops/what-if/{job}")


async def _page(visit: Visit, given: Mapping[str, str], error: Refused | None = None) -> Response:
    jobs = (await visit.api.get("/v1/ops/what-if/jobs"))["items"]
    told = {"choices": CHOICES, "rows": range(ROWS), "given": given, "jobs": jobs}
    status, problem = (200, None) if error is None else (error.status, error.problem)
    return visit.page("ops_what_if.html", status, problem=problem, **told)


def _asked(given: Mapping[str, str]) -> dict[str, Any]:
    names = [(given.get(f"name.{n}", ""), given.get(f"value.{n}", "").strip()) for n in range(ROWS)]
    asked: dict[str, Any] = {"policy": {name: _read(value) for name, value in names if name}}
    orders = given.get("orders", "").replace(",", " ").split()
    limit = given.get("limit", "")
    for name in ("placed_from", "placed_to"):
        if given.get(name):
            asked[name] = f"{given[name]}T00:00:00Z"
    return asked | ({"orders": orders} if orders else {}) | ({"limit": int(limit)} if limit.isdecimal() else {})


def _read(text: str) -> Any:
    """Return a value as it was written: a number, yes or no, a list, or else a word such as a duration."""
    try:
        return json_lines.parsed(text)
    except ValueError:
        return text
