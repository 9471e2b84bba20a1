"""Acts on failed records: each on just what a preview has shown, with how many, what load that is, and why."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from hub.console import choosing, json_lines
from hub.console.asking import Refused
from hub.console.forms import key_of, keyed, shown
from hub.console.pages.failed import record_page
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()


@router.get("/ops/failed/acts/{do}")
async def choose(do: str, request: Request, visit: Visiting) -> Response:
    """Show what an act would touch of what is chosen, and ask why."""
    return await _form(visit, _act(do), request.query_params.multi_items())


@router.post("/ops/failed/acts/{do}")
async def act(do: str, visit: Visiting, form: Form) -> Response:
    """Do it to what was previewed; where that is refused, show what is there now."""
    given = dict(form)
    said = {"why": given.get("why", "").strip(), "choice_token": given.get("choice_token", "")}
    try:
        await visit.api.send("POST", f"/v1/ops/failed/{_act(do)}", said, headers=keyed(given))
    except Refused as error:
        return await _form(visit, do, form, shown(error), said["why"])
    return visit.to("/ops/failed")


@router.post("/ops/failed/{record:int}/edit")
async def edit(record: int, visit: Visiting, form: Form) -> Response:
    """Try an edit out, make it, or ask about making it to all of the same cause, as the button says."""
    given = dict(form)
    found = await visit.api.get(f"/v1/ops/failed/{record}")
    changes, told = _changes(found, given), _written(found, given)
    try:
        if given.get("go") == "many":
            return await _many(visit, found, given)
        if given.get("go") == "check":
            tried = (await visit.api.send("POST", f"/v1/ops/failed/{record}/trial", changes)).document
            return record_page(visit, found, **told, violations=tried["violations"], would=tried["would"], tried=True)
        said = {**changes, "why": told["why"]}
        await visit.api.send("POST", f"/v1/ops/failed/{record}/edit", said, headers=keyed(given))
    except Refused as error:
        return record_page(visit, found, error.status, **told, problem=shown(error).problem)
    return visit.to("/ops/failed")


@router.post("/ops/failed/{record:int}/like")
async def like(record: int, visit: Visiting, form: Form) -> Response:
    """Make one change to all that a preview has shown: to all of them, or to none."""
    given = dict(form)
    fields = json_lines.read(given.get("set"))
    said = {"set": fields, "like": given.get("choice_token", ""), "why": given.get("why", "").strip()}
    try:
        await visit.api.send("POST", f"/v1/ops/failed/{record}/edit", said, headers=keyed(given))
    except Refused as error:
        found = await visit.api.get(f"/v1/ops/failed/{record}")
        return await _like(visit, found, fields, given, shown(error))
    return visit.to("/ops/failed")


def _act(do: str) -> str:
    if do not in choosing.ACTS:
        raise HTTPException(404)
    return do


async def _form(visit: Visit, do: str, given: choosing.Query, error: Refused | None = None, why: str = "") -> Response:
    choice = await choosing.previewed(visit, given, do)
    template = "failed_act_part.html" if visit.is_fragment() else "failed_act.html"
    problem, status = (None, 200) if error is None else (error.problem, error.status)
    told = {"do": do, "choice": choice, "load": await load(visit), "problem": problem, "why": why}
    return visit.page(template, status, **told, key=key_of(dict(given), problem))


async def load(visit: Visit) -> Mapping[str, Any]:
    """Return the hub's newest figures: what an act adds to."""
    sample = (await visit.api.get("/v1/ops/overview"))["sample"]
    figures: Mapping[str, Any] = {} if sample is None else sample["figures"]
    return figures


def _changes(found: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form changes of a record, as the API takes it."""
    before = found["edited_headers"] or found["headers"] or {}
    asked = {name.removeprefix("header."): held for name, held in given.items() if name.startswith("header.")}
    headers = {name: held or None for name, held in asked.items() if held != before.get(name, "")}
    now = found["value"] if found["edited_value"] is None else found["edited_value"]
    value = given.get("value")
    changed = value is not None and value != json_lines.pretty(now)
    return ({"value": value} if changed else {}) | ({"headers": headers} if headers else {})


def _written(found: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return what was written into a form, to be shown again."""
    headers = {name.removeprefix("header."): held for name, held in given.items() if name.startswith("header.")}
    told: dict[str, Any] = {"why": given.get("why", "").strip(), "headers": headers}
    return told | ({"value": given["value"]} if "value" in given else {})


async def _many(visit: Visit, found: Mapping[str, Any], given: Mapping[str, str]) -> Response:
    now = found["value"] if found["edited_value"] is None else found["edited_value"]
    before, after = json_lines.read(now), json_lines.read(given.get("value"))
    fields = None if json_lines.MISSING in (before, after) else json_lines.changed(before, after)
    if not fields or "headers" in _changes(found, given):
        return record_page(visit, found, 422, **_written(found, given), wrong="many")
    return await _like(visit, found, fields, given)


async def _like(
    visit: Visit, found: Mapping[str, Any], fields: Any, given: Mapping[str, str], error: Refused | None = None
) -> Response:
    """Ask about making one change to all records of the same cause and source."""
    record = found["record"]
    query = [(name, record[name]) for name in ("kind", "code", "topic", "source") if record[name]]
    choice = await choosing.previewed(visit, query, "retry")
    problem, status = (None, 200) if error is None else (error.problem, error.status)
    told = {"record": record, "choice": choice, "fields": fields, "problem": problem}
    why, key = given.get("why", "").strip(), key_of(given, problem or {})
    return visit.page("failed_like.html", status, **told, load=await load(visit), why=why, key=key)
