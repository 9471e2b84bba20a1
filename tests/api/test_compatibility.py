"""What breaks a client of a released document is found, each kind of it; what is only added is let through."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hub.api import __main__ as commands
from hub.api import releases
from hub.api.application import application
from hub.api.compatibility import breaks
from hub.settings import Settings

Document = dict[str, Any]
Change = Callable[[Document], object]
TODAY = date(2026, 11, 29)
THINGS, THING = "/v1/things", "/v1/things/{thing}"


def record(*required: str, **properties: Any) -> Document:
    return {"type": "object", "properties": properties, "required": list(required)}


def maybe(schema: Document) -> Document:
    return {"anyOf": [schema, {"type": "null"}]}


def parameter(name: str, schema: Document, where: str = "query", **more: Any) -> Document:
    return {"name": name, "in": where, "required": where == "path", "schema": schema} | more


def answer(schema: Document, media_type: str = "application/json", **more: Any) -> Document:
    return {"description": "x", "content": {media_type: {"schema": schema}}} | more


def named(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT, NUMBER, WORDS = {"type": "string"}, {"type": "integer"}, {"type": "string", "enum": ["red", "blue"]}


def document() -> Document:
    wanted = record(
        "name",
        name={**TEXT, "maxLength": 20},
        colour=maybe(WORDS),
        size={**NUMBER, "default": 3},
        at={**TEXT, "format": "date-time"},
        lines={"type": "array", "items": named("Line"), "maxItems": 5},
        free={"type": "object"},
    )
    thing = record(
        "id",
        "name",
        "part",
        "lines",
        id=TEXT,
        name=TEXT,
        colour=WORDS,
        note=maybe(TEXT),
        at={**TEXT, "format": "date-time"},
        part={"anyOf": [named("Line"), named("Box")]},
        lines={"type": "array", "items": named("Line")},
    )
    listing = {
        "parameters": [
            parameter("limit", {**NUMBER, "maximum": 200, "default": 50}),
            parameter("colour", maybe({"type": "array", "items": WORDS})),
            parameter("If-Match", TEXT, "header"),
        ],
        "responses": {
            "200": answer({"type": "array", "items": named("Thing")}, headers={"ETag": {"schema": TEXT}}),
            "404": {"$ref": "#/components/responses/Problem404"},
        },
        "security": [{"bearer": []}, {"key": []}],
    }
    making = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": named("Wanted")}}},
        "responses": {"201": answer(named("Thing"))},
        "x-scopes": ["things.make", "things.manage"],
        "security": [{"bearer": []}],
    }
    ending = {
        "parameters": [parameter("thing", TEXT, "path")],
        "requestBody": {"content": {"application/json": {"schema": record(why=TEXT)}}},
        "responses": {"204": {"description": "Gone"}},
        "deprecated": True,
        "x-sunset": "2027-05-29",
        "security": [],
    }
    return {
        "paths": {THINGS: {"get": listing, "post": making}, THING: {"delete": ending}},
        "components": {
            "schemas": {
                "Wanted": wanted,
                "Thing": thing,
                "Line": record("sku", sku=TEXT, line=named("Line")),
                "Box": record("box", box=NUMBER),
                "Problem": record("code", code=TEXT),
            },
            "responses": {"Problem404": answer(named("Problem"), "application/problem+json")},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}, "key": {"type": "http"}},
        },
    }


def listing(told: Document) -> Document:
    found: Document = told["paths"][THINGS]["get"]
    return found


def making(told: Document) -> Document:
    found: Document = told["paths"][THINGS]["post"]
    return found


def ending(told: Document) -> Document:
    found: Document = told["paths"][THING]["delete"]
    return found


def schema(told: Document, name: str) -> Document:
    found: Document = told["components"]["schemas"][name]
    return found


def member(told: Document, name: str, of: str) -> Document:
    found: Document = schema(told, of)["properties"][name]
    return found


def replaced(of: str, name: str, by: Document) -> Change:
    return lambda told: schema(told, of)["properties"].update({name: by})


def needed(of: str, name: str) -> Change:
    return lambda told: schema(told, of)["required"].append(name)


def loosened(of: str, name: str) -> Change:
    return lambda told: schema(told, of)["required"].remove(name)


def without(of: str, name: str) -> Change:
    return lambda told: (schema(told, of)["properties"].pop(name), schema(told, of).update(required=[]))


BREAKS: dict[str, tuple[Change, str]] = {
    "a path is gone": (lambda d: d["paths"].pop(THINGS), "GET /v1/things: is gone"),
    "a method is gone": (lambda d: d["paths"][THINGS].pop("post"), "POST /v1/things: is gone"),
    "a route goes before its sunset": (lambda d: d["paths"].pop(THING), "DELETE /v1/things/{thing}: is gone"),
    "a route goes sooner": (lambda d: ending(d).update({"x-sunset": "2027-05-28"}), "goes away on 2027-05-28"),
    "a parameter is gone": (lambda d: listing(d)["parameters"].pop(0), "query parameter limit is gone"),
    "a header is gone": (lambda d: listing(d)["parameters"].pop(2), "header parameter If-Match is gone"),
    "a parameter moves": (lambda d: listing(d)["parameters"][2].update({"in": "query"}), "If-Match is gone"),
    "a new parameter is required": (
        lambda d: listing(d)["parameters"].append(parameter("x", TEXT, required=True)),
        "query parameter x has to be given",
    ),
    "a parameter becomes required": (
        lambda d: listing(d)["parameters"][0].update(required=True),
        "limit has to be given",
    ),
    "a bound of a parameter sinks": (
        lambda d: listing(d)["parameters"][0]["schema"].update(maximum=100),
        "limit maximum was 200, and is 100",
    ),
    "a bound is put on a parameter": (
        lambda d: listing(d)["parameters"][2]["schema"].update(maxLength=9),
        "maxLength was None, and is 9",
    ),
    "a parameter has another default": (
        lambda d: listing(d)["parameters"][0]["schema"].update(default=20),
        "was 50 where it was left out, and is 20",
    ),
    "a word of a parameter is gone": (
        lambda d: listing(d)["parameters"][1]["schema"]["anyOf"][0].update(items={**TEXT, "enum": ["red"]}),
        "colour at /* may not be blue any more",
    ),
    "a parameter may not be repeated": (
        lambda d: listing(d)["parameters"][1].update(schema=maybe(WORDS)),
        "was array, and is string",
    ),
    "a body is required": (lambda d: ending(d)["requestBody"].update(required=True), "the body has to be given"),
    "a new body is required": (
        lambda d: listing(d).update(requestBody=making(d)["requestBody"]),
        "the body has to be given",
    ),
    "a body is gone": (lambda d: making(d).pop("requestBody"), "the body can't be application/json"),
    "a body has another type": (
        lambda d: making(d)["requestBody"].update(content={"text/csv": {}}),
        "the body can't be application/json",
    ),
    "a member is newly required": (needed("Wanted", "size"), "the body at /size has to be given"),
    "a new member is required": (
        lambda d: (replaced("Wanted", "new", TEXT)(d), needed("Wanted", "new")(d)),
        "the body at /new has to be given",
    ),
    "a member of a body is gone": (without("Wanted", "at"), "the body at /at is gone"),
    "a member of a body is of another type": (replaced("Wanted", "name", NUMBER), "was string, and is integer"),
    "a member of a body is shorter": (
        lambda d: member(d, "name", "Wanted").update(maxLength=10),
        "maxLength was 20, and is 10",
    ),
    "a member of a body has a pattern": (
        lambda d: member(d, "name", "Wanted").update(pattern="^a"),
        "has another pattern, ^a",
    ),
    "a member of a body has a format": (
        lambda d: member(d, "name", "Wanted").update(format="uuid"),
        "had the format None, and has uuid",
    ),
    "a member of a body may not be null": (replaced("Wanted", "colour", WORDS), "may not be null any more"),
    "a member of a body lost a word": (
        replaced("Wanted", "colour", maybe({**TEXT, "enum": ["red"]})),
        "/colour may not be blue any more",
    ),
    "a text of a body is a word": (
        lambda d: member(d, "name", "Wanted").update(enum=["x"]),
        "/name may only be x now",
    ),
    "a word of a body is fixed": (replaced("Wanted", "name", {**TEXT, "const": "x"}), "/name may only be x now"),
    "a member of a body has another default": (
        lambda d: member(d, "size", "Wanted").update(default=4),
        "was 3 where it was left out, and is 4",
    ),
    "a list of a body is shorter": (
        lambda d: member(d, "lines", "Wanted").update(maxItems=4),
        "maxItems was 5, and is 4",
    ),
    "an item of a body is narrowed": (
        replaced("Line", "sku", {**TEXT, "maxLength": 3}),
        "the body at /lines/*/sku maxLength was None, and is 3",
    ),
    "members without a name are refused": (
        lambda d: schema(d, "Wanted").update(additionalProperties=False),
        "the body at /* is refused now",
    ),
    "members without a name have a type": (
        lambda d: member(d, "free", "Wanted").update(additionalProperties=TEXT),
        "/free/* was anything, and is string",
    ),
    "a keyword comes that nobody here knows": (
        lambda d: member(d, "name", "Wanted").update(contentEncoding="base64"),
        "contentEncoding was None, and is base64",
    ),
    "a status is gone": (lambda d: listing(d)["responses"].pop("404"), "the answer 404 is gone"),
    "a success has another status": (
        lambda d: making(d).update(responses={"200": making(d)["responses"]["201"]}),
        "the answer 201 is gone",
    ),
    "an answer is of another type": (
        lambda d: d["components"]["responses"].update(Problem404=answer(named("Problem"))),
        "the answer 404 can't be application/problem+json",
    ),
    "a header of an answer is gone": (
        lambda d: listing(d)["responses"]["200"].update(headers={}),
        "the answer 200 lacks the header ETag",
    ),
    "a member of an answer is gone": (without("Thing", "colour"), "the answer 201 at /colour is gone"),
    "a member of a shared answer is gone": (without("Problem", "code"), "the answer 404 at /code is gone"),
    "a member of an answer may be missing": (loosened("Thing", "name"), "the answer 201 at /name may be missing"),
    "a member of an answer is of another type": (replaced("Thing", "id", NUMBER), "was string, and is integer"),
    "a member of an answer may be null": (replaced("Thing", "name", maybe(TEXT)), "/name may be null now"),
    "a member of an answer may be anything": (replaced("Thing", "name", {}), "was string, and is anything"),
    "a member of an answer lost its format": (replaced("Thing", "at", TEXT), "had the format date-time, and has None"),
    "a whole number may be a fraction": (replaced("Box", "box", {"type": "number"}), "was integer, and is number"),
    "an answer may be something else": (
        replaced("Thing", "part", {"anyOf": [named("Line"), named("Box"), named("Wanted")]}),
        "/part may be Wanted now",
    ),
    "an answer that may be two things lost a member": (without("Box", "box"), "/part/box is gone"),
    "a token is needed": (lambda d: ending(d).update(security=[{"bearer": []}]), "needs another way to sign in"),
    "a key is no longer enough": (lambda d: listing(d).update(security=[{"bearer": []}]), "another way to sign in"),
    "two things must be shown": (
        lambda d: making(d).update(security=[{"bearer": [], "key": []}]),
        "needs another way to sign in",
    ),
    "a token needs a scope": (lambda d: making(d).update(security=[{"bearer": ["x"]}]), "another way to sign in"),
    "a scope is no longer enough": (lambda d: making(d).update({"x-scopes": ["things.make"]}), "another scope"),
    "a scope is needed": (lambda d: listing(d).update({"x-scopes": ["things.read"]}), "another scope: things.read"),
    "a scheme is another one": (
        lambda d: d["components"]["securitySchemes"]["bearer"].update(scheme="basic"),
        "the way to sign in bearer",
    ),
    "a scheme is gone": (lambda d: d["components"]["securitySchemes"].pop("key"), "the way to sign in key"),
}
ADDITIONS: dict[str, Change] = {
    "a path": lambda d: d["paths"].update({"/v1/new": {"get": listing(d)}}),
    "a method": lambda d: d["paths"][THING].update(get=listing(d)),
    "a parameter": lambda d: listing(d)["parameters"].append(parameter("x", TEXT)),
    "another order of parameters": lambda d: listing(d)["parameters"].reverse(),
    "another name in the path": lambda d: d["paths"].update({"/v1/things/{it}": d["paths"].pop(THING)}),
    "a wider bound": lambda d: listing(d)["parameters"][0]["schema"].update(maximum=500),
    "no bound": lambda d: listing(d)["parameters"][0]["schema"].pop("maximum"),
    "a word that may be sent": replaced("Wanted", "colour", maybe({**TEXT, "enum": ["red", "blue", "tan"]})),
    "any word may be sent": replaced("Wanted", "colour", maybe(TEXT)),
    "a member that may be sent": replaced("Wanted", "new", TEXT),
    "null may be sent": replaced("Wanted", "name", maybe({**TEXT, "maxLength": 20})),
    "a fraction may be sent": replaced("Wanted", "size", {"type": "number", "default": 3}),
    "anything may be sent": replaced("Wanted", "name", {}),
    "a member that may be left out": loosened("Wanted", "name"),
    "a body may be left out": lambda d: making(d)["requestBody"].update(required=False),
    "a body": lambda d: listing(d).update(requestBody={"content": {"application/json": {"schema": record()}}}),
    "another type of body": lambda d: making(d)["requestBody"]["content"].update({"text/csv": {}}),
    "a member of an answer": replaced("Thing", "new", TEXT),
    "a member of an answer that is always there": needed("Thing", "colour"),
    "a word of an answer": replaced("Thing", "colour", {**TEXT, "enum": ["red", "blue", "tan"]}),
    "a bound of an answer": replaced("Thing", "name", {**TEXT, "maxLength": 7}),
    "no null in an answer": replaced("Thing", "note", TEXT),
    "one thing less that an answer may be": replaced("Thing", "part", named("Line")),
    "a status": lambda d: listing(d)["responses"].update({"503": answer(named("Problem"))}),
    "a type of answer": lambda d: listing(d)["responses"]["200"]["content"].update({"text/csv": {}}),
    "a header of an answer": lambda d: listing(d)["responses"]["200"]["headers"].update({"Link": {}}),
    "a way to sign in": lambda d: making(d)["security"].append({"key": []}),
    "no token": lambda d: making(d).update(security=[]),
    "a scope that is enough": lambda d: making(d)["x-scopes"].append("things.more"),
    "no scope": lambda d: making(d).update({"x-scopes": []}),
    "a scheme": lambda d: d["components"]["securitySchemes"].update(mutual={"type": "mutualTLS"}),
    "words": lambda d: (schema(d, "Thing").update(description="y", title="Z"), listing(d).update(summary="x")),
    "a route that goes away": lambda d: listing(d).update({"deprecated": True, "x-sunset": "2027-05-29"}),
    "a later sunset": lambda d: ending(d).update({"x-sunset": "2027-06-30"}),
    "another name of a schema": lambda d: (
        d["components"]["schemas"].update(New=schema(d, "Wanted")),
        making(d)["requestBody"]["content"]["application/json"].update(schema=named("New")),
    ),
    "a schema that was written out": lambda d: making(d)["requestBody"]["content"]["application/json"].update(
        schema={"allOf": [named("Wanted")], "description": "x"}
    ),
}


def changed(change: Change) -> Document:
    told = copy.deepcopy(document())
    change(told)
    return told


@pytest.mark.parametrize(("change", "told"), BREAKS.values(), ids=BREAKS.keys())
def test_what_breaks_a_client_is_found(change: Change, told: str) -> None:
    found = [str(each) for each in breaks(document(), changed(change), TODAY)]

    assert any(told in each for each in found), found


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS.keys())
def test_what_is_only_added_breaks_nobody(change: Change) -> None:
    assert changed(change) != document()
    assert breaks(document(), changed(change), TODAY) == []


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS.keys())
def test_what_was_added_may_not_be_taken_back(change: Change) -> None:
    harmless = {"another order of parameters", "another name in the path", "words", "a route that goes away"}
    name = next(name for name, each in ADDITIONS.items() if each is change)
    back = breaks(changed(change), document(), TODAY)

    both_ways = harmless | {"another name of a schema", "a schema that was written out", "a word of an answer"}
    assert bool(back) is (name not in both_ways | {"a bound of an answer"}), name


def test_a_deprecated_route_may_go_once_its_sunset_is_over() -> None:
    told = changed(lambda d: d["paths"].pop(THING))

    assert breaks(document(), told, date(2027, 5, 28)) != []
    assert breaks(document(), told, date(2027, 5, 29)) == []


def ours() -> Document:
    """A part of the API's own document, small enough to be changed many times."""
    whole = application(Settings()).openapi()
    kept = ("/v1/me", "/v1/orders", "/v1/partner-keys", "/v1/contracts/validate", "/v1/webhooks/{webhook}")
    return {**whole, "paths": {path: whole["paths"][path] for path in kept}}


Place = tuple[str | int, ...]


def places(told: Document) -> Iterator[Place]:
    """Where every operation, parameter and status of a document is, and every member of what it answers."""
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            here = ("paths", path, method)
            yield here
            yield from ((*here, "parameters", n) for n in range(len(operation.get("parameters", ()))))
            yield from ((*here, "responses", status) for status in operation["responses"])
    for name in ("MeModel", "ListedOrderModel", "WebhookModel", "ProblemModel"):
        yield from (("components", "schemas", name, "properties", each) for each in schema(told, name)["properties"])


def without_place(told: Document, place: Place) -> Document:
    less = copy.deepcopy(told)
    inside: Any = less
    for step in place[:-1]:
        inside = inside[step]
    del inside[place[-1]]
    return less


def test_nothing_can_be_taken_from_the_apis_own_document_unseen() -> None:
    told = ours()

    assert breaks(told, copy.deepcopy(told), TODAY) == []
    assert [place for place in places(told) if not breaks(told, without_place(told, place), TODAY)] == []


def test_the_api_keeps_what_its_newest_release_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["check"]) == 0, capsys.readouterr().err


def test_every_reference_of_the_document_leads_somewhere() -> None:
    told = application(Settings()).openapi()
    named = [each.split('"')[0].split("/") for each in json.dumps(told).split('"#/components/')[1:]]

    assert [each for each in named if each[1] not in told["components"][each[0]]] == []


def test_a_check_without_a_release_or_with_a_break_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {**document(), "info": {"version": "1.0.0"}}
    broken = changed(lambda d: d["paths"].pop(THINGS)) | {"info": {"version": "1.1.0"}}

    assert commands.check(told, tmp_path) == 1
    assert commands.release(told, tmp_path) == 0
    assert commands.release(told, tmp_path) == 1
    assert commands.check(broken, tmp_path) == 1
    assert commands.release(broken, tmp_path) == 1
    said = capsys.readouterr().err
    assert "GET /v1/things: is gone, other than in release 1.0.0" in said
    assert "raise VERSION" in said
    assert "would break 2 things" in said


def test_the_newest_release_is_the_highest_number(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        (tmp_path / f"{version}.json").touch()

    assert releases.newest(tmp_path) == tmp_path / "1.10.0.json"
