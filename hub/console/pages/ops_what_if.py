"""What if: orders decided again by other choices, and which would stand otherwise."""

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
from hub.console.visit import Form, Visiting

router: Final = APIRouter()
ROWS: Final = 3
"""Choices that one form changes at most."""
MOST: Final = 200


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
    """Show the form."""
    return visit.page("ops_what_if.html", choices=CHOICES, rows=range(ROWS), given={}, found=None, problem=None)


@router.post("/ops/what-if")
async def compare(visit: Visiting, form: Form) -> Response:
    """Show how orders would stand by the other choices; nothing is changed."""
    given, found, problem = dict(form), None, None
    try:
        found = (await visit.api.send("POST", "/v1/ops/what-if", _asked(given))).document
    except Refused as error:
        problem = shown(error).problem
    told = {"choices": CHOICES, "rows": range(ROWS), "given": given, "found": found, "problem": problem}
    return visit.page("ops_what_if.html", 200 if problem is None else int(problem["status"]), **told)


def _asked(given: Mapping[str, str]) -> dict[str, Any]:
    names = [(given.get(f"name.{n}", ""), given.get(f"value.{n}", "").strip()) for n in range(ROWS)]
    asked: dict[str, Any] = {"policy": {name: _read(value) for name, value in names if name}}
    orders = given.get("orders", "").replace(",", " ").split()
    limit = given.get("limit", "")
    return asked | ({"orders": orders} if orders else {}) | ({"limit": int(limit)} if limit.isdecimal() else {})


def _read(text: str) -> Any:
    """Return a value as it was written: a number, yes or no, a list, or else a word such as a duration."""
    try:
        return json_lines.parsed(text)
    except ValueError:
        return text
