"""The contracts over HTTP: who has to keep them can read them, and try an event before it is sent."""

import json
from typing import Any

import httpx2
import pytest

from contracts import samples
from contracts.topics import TOPICS, Topic
from tests.api.server import Api

pytestmark = pytest.mark.integration
STRUCTURED = "application/cloudevents+json"
EVERY = [(topic, name) for topic in TOPICS for name in topic.by_type]


def event_of(topic: Topic, name: str, **changed: Any) -> dict[str, Any]:
    about = "sizes" if topic.name.startswith("catalogue") else "o-1"
    told = {"specversion": "1.0", "id": "e-1", "source": "/shops/lille", "type": name, "subject": about}
    return told | {"datacontenttype": "application/json", "data": samples.valid(topic, name)} | changed


async def tried(api: Api, body: object, kind: str = STRUCTURED, query: str = "", **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await api._ask(
        "POST", f"/v1/contracts/validate{query}", content=content, headers={"Content-Type": kind, **headers}
    )


async def test_topics_are_listed_with_their_types_and_who_writes_them(beside: Api) -> None:
    items = (await beside.as_("none").get("/v1/contracts")).json()["items"]

    assert [each["topic"] for each in items] == [topic.name for topic in TOPICS]
    assert {(each["topic"], kind["type"]) for each in items for kind in each["types"]} == {
        (t.name, n) for t, n in EVERY
    }
    shop = items[0]
    assert (shop["direction"], shop["writer"], shop["over_http"]) == ("inbound", "shop", True)
    assert [each["over_http"] for each in items if each["topic"] in ("hub.commands", "order.events")] == [False, False]
    assert all(kind["summary"].endswith(".") for each in items for kind in each["types"])


async def test_every_example_that_is_shown_is_taken(beside: Api) -> None:
    for topic, name in EVERY:
        shown = (await beside.get(f"/v1/contracts/{topic.name}/{name}")).json()
        judged = (await tried(beside, shown["example"])).json()

        assert judged == {"valid": True, "topic": topic.name, "type": name, "errors": []}, judged
        assert shown["json_schema"]["title"] == name
        assert shown["history"][0]["changes"] == [{"pointer": "", "detail": "is new"}]


async def test_a_command_says_which_scopes_its_author_needs(beside: Api) -> None:
    split = (await beside.get("/v1/contracts/hub.commands/order.split.v1")).json()["publishers"]
    words = (await beside.get("/v1/contracts/hub.commands/wordlist.put.v1")).json()["publishers"]
    placed = (await beside.get("/v1/contracts/shop.events/order.placed.v1")).json()["publishers"]

    assert "orders.split" in split["scopes"]
    assert words == {"party": "CSR tool", "over_http": False, "scopes": ["admin.config"]}
    assert placed == {"party": "shop", "over_http": True, "scopes": []}


@pytest.mark.parametrize("path", ["shop.events/no.such.v1", "no.topic/order.placed.v1", "shop.events/fraud.scored.v1"])
async def test_what_no_topic_has_is_not_there(beside: Api, path: str) -> None:
    answer = await beside.get(f"/v1/contracts/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "GET /v1/contracts lists" in answer.json()["detail"]


async def test_every_fault_is_pointed_at_in_either_mode_and_nothing_is_published(api: Api) -> None:
    broken = event_of(TOPICS[0], "order.placed.v1")
    broken["data"]["lines"][0]["quantity"] = 0
    del broken["data"]["currency"]
    attributes = {f"ce-{name}": str(broken[name]) for name in ("specversion", "id", "source", "type", "subject")}

    whole = (await tried(api, broken)).json()
    binary = (await tried(api, broken["data"], "application/json", **attributes)).json()
    fine = (await tried(api, event_of(TOPICS[0], "order.placed.v1"))).json()

    assert whole == binary
    assert (whole["valid"], whole["topic"], whole["type"]) == (False, "shop.events", "order.placed.v1")
    assert {each["pointer"] for each in whole["errors"]} == {"/data/currency", "/data/lines/0/quantity"}
    assert fine["valid"] is True
    assert await api.stage.rows("SELECT 1 FROM journal") == []
    assert await api.stage.rows("SELECT 1 FROM orders") == []


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"type": "no.such.v1"}, "/type"),
        ({"specversion": "0.3"}, "/specversion"),
        ({"data": None}, "/data"),
        ({"data": []}, "/data"),
        ({"subject": "with space"}, "/subject"),
        ({"subject": None}, "/subject"),
        ({"time": "yesterday"}, "/time"),
        ({"id": None}, ""),
    ],
)
async def test_an_event_that_is_none_says_what_it_lacks(beside: Api, changed: dict[str, Any], pointer: str) -> None:
    judged = (await tried(beside, event_of(TOPICS[0], "order.placed.v1", **changed))).json()

    assert (judged["valid"], [each["pointer"] for each in judged["errors"]]) == (False, [pointer])


async def test_a_type_that_two_topics_have_is_judged_by_the_one_that_is_named(beside: Api) -> None:
    by_name = {topic.name: topic for topic in TOPICS}
    told = event_of(by_name["warehouse.events"], "return.received.v1")
    found = [(await tried(beside, told, query=query)).json() for query in ("", "?topic=order.events")]
    unknown = await tried(beside, told, query="?topic=no.topic")

    assert [(each["topic"], each["valid"]) for each in found] == [("warehouse.events", True), ("order.events", False)]
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"not json", STRUCTURED, 200),
        (b"\xff", STRUCTURED, 200),
        (b"[]", STRUCTURED, 200),
        (b"[" * 100_000, STRUCTURED, 400),
        (b"", STRUCTURED, 200),
        (b"[]", "application/cloudevents-batch+json", 415),
        (b"{}", "application/json", 415),
        (b"{}", "text/plain", 415),
        (b"x" * 1_000_001, STRUCTURED, 413),
    ],
)
async def test_a_body_that_is_no_event_is_answered_in_words(beside: Api, body: bytes, kind: str, status: int) -> None:
    answer = await tried(beside, body, kind)

    assert answer.status_code == status, answer.text
    told = answer.json()["errors"][0]["detail"] if status == 200 else answer.json()["detail"]
    assert len(told) > 10
