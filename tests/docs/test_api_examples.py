"""What the documents say of the HTTP API can be asked: every route that they name is there, every example is valid."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import validation
from hub.api.application import application
from hub.settings import Settings

ROOT = Path(__file__).parents[2]
OTHERS = "payment-provider.md"
"""Tells of the API of a provider."""
PAGES = sorted(each for each in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if each.name != OTHERS)
NAMED = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`\s]*)`")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
UNDESCRIBED = {"/openapi.json", "/docs", "/asyncapi", "/asyncapi.json"}
EVENT = "application/cloudevents+json"


@cache
def described() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return application(Settings()).openapi()


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """Return the route that an address leads to, the one with fewer places to fill in first."""
    for known in sorted(described()["paths"], key=lambda each: each.count("{")):
        pattern = "".join(
            "[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", known)
        )
        found: dict[str, Any] | None = described()["paths"][known].get(method.lower())
        if re.fullmatch(pattern, path) and found is not None:
            return found
    return None


def faults(method: str, address: str, headers: dict[str, str], data: str | None) -> Iterator[str]:
    """Yield what a request lacks, or has too much, by the description of its route."""
    path, _, query = address.partition("?")
    operation = operation_of(method, path)
    if operation is None:
        yield f"there is no {method} {path}"
        return
    known = {(each["in"], each["name"]): each for each in operation.get("parameters", ())}
    asked = {("query", part.partition("=")[0]) for part in query.split("&") if part}
    given = asked | {("header", name) for name in headers if name not in ("Authorization", "Content-Type")}
    yield from (f"{method} {path} knows no {name}" for _, name in sorted(given - known.keys()))
    needed = {key for key, each in known.items() if each.get("required") and each["in"] == "query"}
    yield from (f"{method} {path} needs {name}" for _, name in sorted(needed - asked))
    is_act = ("query", "dry_run") in known and ("query", "dry_run") not in asked
    if is_act and "Idempotency-Key" not in headers:
        yield f"{method} {path} needs a key"
    if operation.get("security") and "Authorization" not in headers:
        yield f"{method} {path} needs a token"
    if data is not None:
        yield from body_faults(operation, headers.get("Content-Type", ""), data)


def body_faults(operation: dict[str, Any], media_type: str, data: str) -> Iterator[str]:
    """Yield what is wrong with a body; an event has to keep its contract as well."""
    content = operation.get("requestBody", {}).get("content", {})
    if media_type not in content:
        yield f"{operation['operationId']} takes no {media_type or 'body without a type'}"
        return
    whole = {**content[media_type]["schema"], "components": described()["components"]}
    yield from (error.message for error in Draft202012Validator(whole).iter_errors(json.loads(data)))
    if media_type == EVENT:
        yield from validation.faults(data.encode())


def curls(text: str) -> Iterator[tuple[str, str, dict[str, str], str | None]]:
    """Yield what is asked by each command with curl: method, address, headers, data."""
    for language, block in BLOCK.findall(text):
        if language == "console":
            words = shlex.split(block.replace("\\\n", " "), comments=True)
            starts = [n for n, word in enumerate(words) if word == "curl"]
            for start, end in pairwise([*starts, len(words)]):
                yield request_of(words[start + 1 : end])


def request_of(words: list[str]) -> tuple[str, str, dict[str, str], str | None]:
    """Return what the words behind `curl` ask; they end where something else begins."""
    method, address, headers, data, query = "", "", {}, None, list[str]()
    rest = iter(words)
    for each in rest:
        if each == "-X":
            method = next(rest)
        elif each == "-H":
            name, _, headers[name] = next(rest).partition(": ")
        elif each == "-d":
            data = next(rest)
        elif each == "-o":
            next(rest)
        elif each == "--data-urlencode":
            query.append(next(rest))
        elif not each.startswith("-") and not address:
            address = re.sub(r"^(\$HUB|https?://[^/]+)", "", each)
        elif not each.startswith("-"):
            break
    whole = f"{address}?{'&'.join(query)}" if query else address
    return method or ("POST" if data is not None else "GET"), whole, headers, data


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_route_that_is_named_is_there(path: Path) -> None:
    named = [(method, address.partition("?")[0]) for method, address in NAMED.findall(path.read_text(encoding="utf-8"))]

    assert [each for each in named if each[1] not in UNDESCRIBED and operation_of(*each) is None] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_asks_what_its_route_takes(path: Path) -> None:
    asked = list(curls(path.read_text(encoding="utf-8")))

    assert [fault for each in asked for fault in faults(*each)] == []
    assert len(asked) == path.read_text(encoding="utf-8").count("\ncurl ")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_in_json_is_json(path: Path) -> None:
    for language, block in BLOCK.findall(path.read_text(encoding="utf-8")):
        if language == "json":
            json.loads(block)


@pytest.mark.parametrize(
    ("curl", "told"),
    [
        ("curl $HUB/v1/nothing -H 'Authorization: Bearer x'", "there is no GET /v1/nothing"),
        ("curl -X PATCH $HUB/v1/me -H 'Authorization: Bearer x'", "there is no PATCH /v1/me"),
        ("curl $HUB/v1/me", "needs a token"),
        ("curl $HUB/v1/orders?no=1 -H 'Authorization: Bearer x'", "knows no no"),
        ("curl $HUB/v1/me -H 'Authorization: Bearer x' -H 'If-Match: 1'", "knows no If-Match"),
        ("curl $HUB/v1/orders/o-1/changes -H 'Authorization: Bearer x'", "needs since"),
        ("curl -X POST $HUB/v1/orders/o-1/hold -H 'Authorization: Bearer x'", "needs a key"),
        ("curl $HUB/v1/partner-keys -H 'Authorization: x' -d '{}'", "takes no body without a type"),
        (
            "curl $HUB/v1/partner-keys -H 'Authorization: x' -H 'Content-Type: application/json' -d '{}'",
            "'source' is a required property",
        ),
        (
            "curl $HUB/v1/events -H 'Authorization: x' -H 'Content-Type: application/cloudevents+json' -d '{}'",
            "attribute specversion is missing",
        ),
    ],
)
def test_an_example_that_is_wrong_is_found(curl: str, told: str) -> None:
    found = [fault for each in curls(f"```console\n{curl}\n```\n") for fault in faults(*each)]

    assert any(told in each for each in found), found
