"""What the page of the HTTP API shows: routes by their tag, the problems, and the types that they lead to."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.api import scopes
from hub.api.deprecation import SUNSET
from hub.api.openapi import operations
from hub.api.problems import SORTS
from hub.api.reference.examples import ACTS, body_of
from hub.api.reference.wording import Field, Said, anchor_of, default_of, fields_of, said, slug

HOST: Final = "$HUB"
PATH_SAMPLES: Final = {
    "order": "W-4018227",
    "topic": "shop.events",
    "type": "order.placed.v1",
    "hold": "csr",
    "problem": "8f14e45f-ceea-467f-a8c1-9b1d2f0c7e33",
}


@dataclass(frozen=True, slots=True)
class Content:
    """A body or an answer: its media type, what it is, and its members where they have no type of their own."""

    media_type: str
    said: Sequence[Said]
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers when all is well."""

    status: str
    text: str
    contents: Sequence[Content]


@dataclass(frozen=True, slots=True)
class Route:
    """One route, as the page shows it; `problems` are the statuses of its failures."""

    anchor: str
    method: str
    path: str
    summary: str
    text: str
    public: bool
    scopes: Sequence[str]
    sunset: str | None
    parameters: Sequence[Field]
    body_needed: bool
    bodies: Sequence[Content]
    answers: Sequence[Answer]
    problems: Sequence[str]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    """The routes of a tag."""

    anchor: str
    title: str
    routes: Sequence[Route]


@dataclass(frozen=True, slots=True)
class Type:
    """A type that bodies and answers are made of."""

    anchor: str
    name: str
    text: str
    said: Sequence[Said]
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class Failure:
    """A problem: its code, what it means and what to do about it."""

    code: str
    title: str
    advice: str


def groups_of(document: Mapping[str, Any]) -> list[Group]:
    """Return the routes by their last tag, in the order of the document."""
    found: dict[str, list[Route]] = {}
    for path, method, operation in operations(dict(document)):
        tag = operation.get("tags", ["others"])[-1]
        found.setdefault(tag, []).append(_route(path, method.upper(), operation, document))
    return [Group(f"tag-{slug(tag)}", tag.replace("-", " ").capitalize(), routes) for tag, routes in found.items()]


def types_of(schemas: Mapping[str, Any]) -> list[Type]:
    """Return every named type, by its name."""
    return [
        Type(anchor_of(name), name, schema.get("description", ""), said(schema), fields_of(schema))
        for name, schema in sorted(schemas.items())
    ]


def failures() -> dict[int, list[Failure]]:
    """Return every problem by its status."""
    found: dict[int, list[Failure]] = {}
    for code, sort in SORTS.items():
        found.setdefault(sort.status, []).append(Failure(code, sort.title, sort.advice))
    return found


def _route(path: str, method: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Route:
    named = document["components"]["schemas"]
    body = operation.get("requestBody", {})
    answers = {status: each for status, each in operation["responses"].items() if status[0] not in "45"}
    return Route(
        anchor=slug(f"{method} {path}"),
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        text=operation.get("description", ""),
        public=not operation.get("security"),
        scopes=operation.get(scopes.NAME, ()),
        sunset=operation.get(SUNSET),
        parameters=[_parameter(each) for each in operation.get("parameters", ())],
        body_needed=bool(body.get("required")),
        bodies=_contents(body),
        answers=[Answer(status, each.get("description", ""), _contents(each)) for status, each in answers.items()],
        problems=[status for status in operation["responses"] if status not in answers],
        curl=_curl(path, method, operation, named),
    )


def _parameter(told: Mapping[str, Any]) -> Field:
    schema = told.get("schema", {})
    text = told.get("description", "")
    return Field(told["name"], bool(told.get("required")), said(schema), text, default_of(schema), told["in"])


def _contents(part: Mapping[str, Any]) -> list[Content]:
    """Return what a body may be; a named type is told once, among the types."""
    return [
        Content(media_type, said(schema), () if "$ref" in schema else fields_of(schema))
        for media_type, content in part.get("content", {}).items()
        for schema in [content.get("schema", {})]
    ]


def _curl(path: str, method: str, operation: Mapping[str, Any], named: Mapping[str, Any]) -> str:
    """Return a command that asks the route; what is in capital letters has to be set before."""
    parts = ["curl"]
    if method != "GET":
        parts.append(f"-X {method}")
    parts.append(f'"{HOST}{_address(path, operation)}"')
    if operation.get("security"):
        parts.append('-H "Authorization: Bearer $TOKEN"')
    given = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
    if "Idempotency-Key" in given:
        parts.append('-H "Idempotency-Key: $(uuidgen)"')
    row = ACTS.get((method, path))
    if row is not None and row.edits:
        parts.append("-H 'If-Match: \"5\"'")
    whole = [*parts, *_data(path, method, operation, named)]
    return (" " if len(whole) < 3 else " \\\n  ").join(whole)


def _address(path: str, operation: Mapping[str, Any]) -> str:
    asked = []
    for each in operation.get("parameters", ()):
        name = each["name"]
        if each["in"] == "path":
            made_up = "1" if each.get("schema", {}).get("type") == "integer" else f"{name}-1"
            path = path.replace(f"{{{name}}}", PATH_SAMPLES.get(name, made_up))
        elif each["in"] == "query" and each.get("required"):
            asked.append(f"{name}={each.get('schema', {}).get('minimum', 1)}")
    return path + (f"?{'&'.join(asked)}" if asked else "")


def _data(path: str, method: str, operation: Mapping[str, Any], named: Mapping[str, Any]) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return []
    media_type = next((each for each in content if "cloudevents+json" in each), next(iter(content)))
    body = body_of(method, path, content[media_type].get("schema", {}), named)
    return [f"-H 'Content-Type: {media_type}'", f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
