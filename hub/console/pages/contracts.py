"""Contracts: what may be said on which topic, and whether a message that is pasted would be taken."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from hub.console import json_lines
from hub.console.asking import Refused
from hub.console.forms import shown
from hub.console.visit import Form, Visit, Visiting

router: Final = APIRouter()
STRUCTURED: Final = "application/cloudevents+json"
DEEP: Final = 8


@router.get("/contracts")
async def contracts(visit: Visiting) -> Response:
    """Show every topic with its types."""
    found = await visit.api.get("/v1/contracts")
    return visit.page("contracts.html", topics=found["items"], pasted="", **UNJUDGED)


@router.post("/contracts")
async def judge(visit: Visiting, form: Form) -> Response:
    """Say whether the hub would take a message of any type."""
    found = await visit.api.get("/v1/contracts")
    pasted = dict(form).get("event", "")
    return visit.page("contracts.html", topics=found["items"], pasted=pasted, **await _judged(visit, pasted))


@router.get("/contracts/{topic}/{type_}")
async def contract(topic: str, type_: str, visit: Visiting) -> Response:
    """Show a type: its fields, an example, its schema, and what has changed."""
    found = await visit.api.get(f"/v1/contracts/{topic}/{type_}")
    example = json.dumps(found["example"], indent=2, ensure_ascii=False)
    return _page(visit, found, example, UNJUDGED)


@router.post("/contracts/{topic}/{type_}")
async def judge_one(topic: str, type_: str, visit: Visiting, form: Form) -> Response:
    """Say whether the hub would take a message on this topic."""
    found = await visit.api.get(f"/v1/contracts/{topic}/{type_}")
    pasted = dict(form).get("event", "")
    return _page(visit, found, pasted, await _judged(visit, pasted, topic))


UNJUDGED: Final[Mapping[str, Any]] = {"judged": None, "problem": None, "no_json": None, "lines": ()}


async def _judged(visit: Visit, pasted: str, topic: str | None = None) -> dict[str, Any]:
    """Return what the hub says of a message, or why it can't be asked."""
    try:
        event = json_lines.parsed(pasted)
    except ValueError as error:
        return {**UNJUDGED, "no_json": str(error)}
    query = {} if topic is None else {"topic": topic}
    try:
        reply = await visit.api.send(
            "POST", "/v1/contracts/validate", event, query=query, headers={"content-type": STRUCTURED}
        )
    except Refused as error:
        return {**UNJUDGED, "problem": shown(error).problem}
    faults = reply.document["errors"]
    return {**UNJUDGED, "judged": reply.document, "lines": json_lines.lines(event, faults, "")}


def _page(visit: Visit, found: Mapping[str, Any], pasted: str, judged: Mapping[str, Any]) -> Response:
    schema = found["json_schema"]
    rows = list(_fields(schema, schema, "", 0))
    return visit.page("contract.html", contract=found, fields=rows, pasted=pasted, **judged)


def _fields(whole: Mapping[str, Any], schema: Mapping[str, Any], path: str, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the fields of a schema, each with its path, its kind, and what is allowed there."""
    held = _plain(whole, schema)
    required = set(held.get("required", ()))
    for name, raw in held.get("properties", {}).items():
        each = _plain(whole, raw)
        inner = _plain(whole, each["items"]) if isinstance(each.get("items"), dict) else each
        place = f"{path}{name}" + ("[]" if inner is not each else "")
        yield {"path": place, "kind": _kind(each, inner), "must": name in required, "says": _says(raw, each, inner)}
        if depth < DEEP:
            yield from _fields(whole, inner, f"{place}.", depth + 1)


def _plain(whole: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema without references and without null."""
    some = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(some) == 1:
        return _plain(whole, {**some[0], **{name: held for name, held in schema.items() if name != "anyOf"}})
    if "$ref" in schema:
        named: Mapping[str, Any] = whole["$defs"][str(schema["$ref"]).rsplit("/", 1)[-1]]
        return {**_plain(whole, named), **{name: held for name, held in schema.items() if name != "$ref"}}
    return schema


def _kind(each: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    kind = str(inner.get("format") or inner.get("type") or ("one of" if "enum" in inner else "any"))
    return f"{kind}[]" if inner is not each else kind


LIMITS: Final = ("const", "default", "minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "pattern")


def _says(raw: Mapping[str, Any], each: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    told = [str(raw.get("description") or inner.get("description") or "")]
    told += [" | ".join(map(str, inner["enum"]))] if "enum" in inner else []
    told += [f"{name} {inner[name]}" for name in LIMITS if inner.get(name) is not None]
    told += [f"{name} {each[name]}" for name in ("minItems", "maxItems") if name in each]
    return " · ".join(part for part in told if part)
