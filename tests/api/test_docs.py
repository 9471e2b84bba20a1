"""The pages for readers: for everybody, fetching nothing, and true: all of the documents is on them."""

import asyncio
import json
import re
import shlex
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from contracts import asyncapi, asyncapi_whole
from contracts.topics import TOPICS
from hub.api import reference
from hub.api.acts import TABLE
from hub.api.application import application
from hub.api.problems import SORTS
from hub.settings import Settings
from tests.api.reading import Page, read
from tests.api.server import Api, running_api
from tests.stage import Stage


def document() -> dict[str, Any]:
    return application(Settings()).openapi()


def pages() -> dict[str, str]:
    return {
        "routes": reference.routes_page(document()),
        "messages": reference.messages_page(asyncapi_whole.document()),
    }


@pytest.mark.integration
async def test_everybody_may_read_them_and_no_page_may_fetch_anything(stage: Stage) -> None:
    async with running_api(stage, project=False) as api:
        found = {path: await api.client.get(f"{api.base}{path}") for path in ("/docs", "/asyncapi", "/asyncapi.json")}
        odd = await api.client.get(f"{api.base}/docs?theme=dark")
        openapi = await api.client.get(f"{api.base}/openapi.json")

    assert {path: answer.status_code for path, answer in found.items()} == dict.fromkeys(found, 200)
    for path in ("/docs", "/asyncapi"):
        assert found[path].headers["content-type"] == "text/html; charset=utf-8"
        assert (
            found[path].headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
        )
    assert asyncapi.faults(found["/asyncapi.json"].json()) == []
    assert (openapi.status_code, odd.status_code, odd.json()["code"]) == (200, 422, "unknown_parameter")


@pytest.mark.integration
async def test_others_are_answered_while_a_document_is_made(stage: Stage) -> None:
    answered = 0
    async with running_api(stage, project=False) as api:
        documents = [asyncio.create_task(api.get(path)) for path in ("/docs", "/openapi.json", "/openapi.json")]
        while not all(each.done() for each in documents):
            answered += (await api.get("/livez")).status_code == 200

    assert [(await each).status_code for each in documents] == [200, 200, 200]
    assert answered > 3


@pytest.mark.parametrize("name", ["routes", "messages"])
def test_a_page_is_well_formed_without_scripts_and_every_link_on_it_leads_somewhere(name: str) -> None:
    page = read(pages()[name])
    known = {"/docs", "/asyncapi", "/openapi.json", "/asyncapi.json", *(f"/problems/{code}" for code in SORTS)}

    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert {link for link in page.links if link not in known and link.removeprefix("#") not in page.ids} == set()
    assert set(page.labels) <= set(page.ids)
    assert not page.tags & {"script", "img", "iframe", "link", "form", "object"}
    assert not {each for each in page.attributes if each.startswith("on") or each in ("src", "style")}
    assert {"main", "nav", "h1", "h2", "h3", "caption"} <= page.tags


def routes_of(told: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        f"{method.upper()} {path}": (path, method, operation)
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_is_told_with_its_parameters_its_scopes_and_its_problems() -> None:
    told = document()
    articles = re.findall(r"<article.*?</article>", pages()["routes"], re.DOTALL)
    by_route = {re.sub(r"<[^>]+>", "", re.findall(r"<h3.*?</h3>", each)[0]): each for each in articles}

    assert by_route.keys() == routes_of(told).keys()
    for name, (_, _, operation) in routes_of(told).items():
        article = by_route[name]
        named = [each["name"] for each in operation.get("parameters", ())] + operation.get("x-scopes", [])
        assert all(f"<code>{each}</code>" in article for each in named), name
        assert all(f"#problem-{status}" in article for status in operation["responses"] if status[0] in "45"), name
        assert ("Public: needs no token." in article) is ("security" not in operation), name


def test_every_problem_and_every_type_is_told() -> None:
    page = read(pages()["routes"])

    assert {f"type-{name}" for name in document()["components"]["schemas"]} <= set(page.ids)
    assert {f"/problems/{code}" for code in SORTS} <= set(page.links)


def test_every_message_of_every_topic_is_told_with_an_example() -> None:
    page = read(pages()["messages"])
    wanted = {re.sub(r"[^a-z0-9]+", "-", f"{topic.name} {kind}") for topic in TOPICS for kind in topic.by_type}

    assert wanted <= set(page.ids)
    assert len(page.examples) == len(wanted)
    assert all(isinstance(json.loads(each), dict) for each in page.examples)


def asked(curl: str) -> dict[str, Any]:
    """Return what a command with curl asks: method, address, headers and data."""
    words = shlex.split(curl.replace("\\\n", " "))
    found: dict[str, Any] = {"method": "GET", "headers": {}, "data": None}
    rest = iter(words[1:])
    for each in rest:
        if each == "-X":
            found["method"] = next(rest)
        elif each == "-H":
            name, _, value = next(rest).partition(": ")
            found["headers"][name] = value
        elif each == "-d":
            found["data"] = json.loads(next(rest))
        else:
            found["address"] = each.removeprefix("$HUB")
    return found


def examples(page: Page) -> list[dict[str, Any]]:
    return [asked(each) for each in page.examples]


def test_every_example_of_a_route_is_one_that_its_description_takes() -> None:
    told = document()
    routes = routes_of(told)
    found = examples(read(pages()["routes"]))

    assert len(found) == len(routes)
    for example, (name, (path, method, operation)) in zip(found, sorted_as_on_the_page(routes), strict=True):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/?]+", re.escape(path))
        assert example["method"] == method.upper(), name
        assert re.fullmatch(pattern + r"(\?.*)?", example["address"]), name
        body = operation.get("requestBody")
        if body is not None:
            schema = body["content"][example["headers"]["Content-Type"]]["schema"]
            whole = {**schema, "components": told["components"]}
            assert list(Draft202012Validator(whole).iter_errors(example["data"])) == [], name
        assert ("Authorization" in example["headers"]) is ("security" in operation), name


def sorted_as_on_the_page(routes: dict[str, Any]) -> list[tuple[str, Any]]:
    """Routes by their tags, each tag where its first route stands."""
    tags = list(dict.fromkeys(each[2].get("tags", ["others"])[-1] for each in routes.values()))
    return sorted(routes.items(), key=lambda each: tags.index(each[1][2].get("tags", ["others"])[-1]))


def test_every_example_of_an_act_is_a_command_that_keeps_its_contract() -> None:
    found = examples(read(pages()["routes"]))
    for row in TABLE:
        address = re.compile("/v1" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", row.path))
        met = [(each, address.fullmatch(each["address"])) for each in found if each["method"] == row.method]
        ((example, parts),) = [(each, parts) for each, parts in met if parts is not None]
        given = {name: parts[part] for name, part in row.filled.items()}

        assert row.command.read(json.dumps(example["data"] | given).encode())
        assert ("If-Match" in example["headers"]) is row.edits


HOW = {"data_invalid", "malformed", "media_type", "unknown_parameter", "method", "version_missing"} | {
    "idempotency_key_missing"
}
"""Problems of how a request is written, whatever there is to ask for."""


@pytest.mark.integration
async def test_no_example_of_a_route_is_refused_for_how_it_is_written(beside: Api) -> None:
    wrong = []
    for example in examples(read(pages()["routes"])):
        given = example["headers"]
        if "/stream" in example["address"] or "cloudevents" in given.get("Content-Type", ""):
            continue
        own = {name: given[name] for name in ("If-Match",) if name in given}
        own |= {"Idempotency-Key": str(uuid4())} if "Idempotency-Key" in given else {}
        answer = await beside._ask(example["method"], example["address"], headers=own, json=example["data"])
        if "problem" in answer.headers.get("content-type", "") and answer.json()["code"] in HOW:
            wrong.append((example["method"], example["address"], answer.text))

    assert wrong == []


def test_texts_are_escaped_and_their_code_is_marked() -> None:
    told = document()
    told["info"] = {"title": "T", "version": "1", "description": "a `<b>` & <c>\n\nd"}

    assert "<p>a <code>&lt;b&gt;</code> &amp; &lt;c&gt;" in reference.routes_page(told)
