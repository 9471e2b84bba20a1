"""Partners over HTTP: their events count as those on Kafka do, once, and by their own keys alone."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from contracts.message import Message
from domain import rights
from tests.api.server import Api
from tests.integration.messages import CLEAR, placed

pytestmark = pytest.mark.integration
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def event(message: Message, order: str | None, source: str = "/shops/lille", **changed: Any) -> dict[str, Any]:
    told = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": source,
        "type": message.type(),
        "datacontenttype": "application/json",
        "data": json.loads(message.encoded()),
        **({} if order is None else {"subject": order}),
        **changed,
    }
    return {name: held for name, held in told.items() if held is not None}


async def key_for(api: Api, source: str = "/shops/lille", topics: tuple[str, ...] = ("shop.events",)) -> str:
    made = await api.act("/v1/partner-keys", {"source": source, "topics": topics})
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


async def post(api: Api, key: str, body: object, kind: str = STRUCTURED, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = {"Authorization": f"Bearer {key}", "Content-Type": kind, **headers}
    return await api.client.post(f"{api.base}/v1/events", content=content, headers=signed)


async def test_an_event_counts_once_in_every_mode(api: Api) -> None:
    key = await key_for(api)
    told = event(placed("N-1"), "o-1")
    first = await post(api, key, told)
    await api.stage.until_state("o-1", "payment_pending")
    again = await post(api, key, told)
    binary = {f"ce-{name}": str(told[name]) for name in ("specversion", "source", "type", "subject")} | {
        "ce-id": "another"
    }
    second = await post(api, key, json.dumps(told["data"]).encode(), "application/json", **binary)

    assert [each.json()["results"][0]["verdict"] for each in (first, again, second)] == [
        "accepted",
        "duplicate",
        "accepted",
    ]
    rows = await api.stage.until_rows("SELECT outcome FROM journal WHERE source = '/shops/lille' ORDER BY seq", 2)
    assert [row["outcome"] for row in rows] == ["applied", "late"]


async def test_each_event_of_a_batch_has_its_own_verdict(api: Api) -> None:
    key = await key_for(api)
    good, broken = event(placed("N-1"), "o-1"), event(placed("N-2"), "o-2")
    broken["data"]["lines"] = []
    batch = [
        good,
        broken,
        event(CLEAR, "o-1"),
        event(placed("N-3"), "o-3", source="/shops/paris"),
        event(placed("N-4"), None),
        "nonsense",
        event(placed("N-5"), "o-5", type="no.such.v1"),
    ]

    found = (await post(api, key, batch, BATCH)).json()["results"]

    assert [(each["verdict"], each["code"]) for each in found] == [
        ("accepted", None),
        ("rejected", "data_invalid"),
        ("rejected", "topic"),
        ("rejected", "source"),
        ("rejected", "order_id_missing"),
        ("rejected", found[5]["code"]),
        ("rejected", "type_unknown"),
    ]
    await api.stage.until_state("o-1", "payment_pending")
    assert [row["order_id"] for row in await api.stage.rows("SELECT order_id FROM orders")] == ["o-1"]


async def test_keys_open_one_door_rotate_and_end(api: Api) -> None:
    first, second = await key_for(api), await key_for(api)
    third = await api.act("/v1/partner-keys", {"source": "/shops/lille", "topics": ["shop.events"]})
    listed = (await api.get("/v1/partner-keys")).json()["items"]
    oldest = min(listed, key=lambda each: str(each["created_at"]))
    gone = await api.client.delete(f"{api.base}/v1/partner-keys/{oldest['id']}", headers=api._headers)
    with_first = await post(api, first, event(placed("N-1"), "o-1"))
    with_second = await post(api, second, event(placed("N-1"), "o-1"))
    read = await api.client.get(f"{api.base}/v1/orders/o-1", headers={"Authorization": f"Bearer {second}"})
    csr = await api.as_(*rights.ROLES["csr"]).get("/v1/partner-keys")

    assert third.status_code == 409
    assert gone.status_code == 204
    assert (with_first.status_code, with_second.status_code) == (401, 200)
    assert (read.status_code, csr.status_code) == (401, 403)
    assert all("hubk_" not in json.dumps(each) for each in listed)
    rows = await api.stage.rows("SELECT hash FROM api_key")
    assert all(second.encode() not in row["hash"] for row in rows)


WANTED: dict[str, Any] = {"source": "/shops/lille", "topics": ["shop.events"]}


async def test_a_key_whose_answer_was_lost_is_told_again_until_it_is_used(beside: Api) -> None:
    bare = await beside._ask("POST", "/v1/partner-keys", json=WANTED)
    answers = await asyncio.gather(*(beside.act("/v1/partner-keys", WANTED, key="k-1") for _ in range(3)))
    other = await beside.act("/v1/partner-keys", WANTED | {"days": 3}, key="k-1")
    elsewhere = await beside.as_(name="bea").act("/v1/partner-keys", WANTED, key="k-1")
    made = answers[0].json()
    used = await post(beside, made["key"], [], BATCH)
    again = await beside.act("/v1/partner-keys", WANTED, key="k-1")

    assert (bare.status_code, bare.json()["code"]) == (400, "idempotency_key_missing")
    assert {(each.status_code, each.json()["id"], each.json()["key"]) for each in answers} == {
        (201, made["id"], made["key"])
    }
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert elsewhere.json()["key"] not in (None, made["key"])
    assert used.status_code == 200
    assert (again.status_code, again.json()["id"], again.json()["key"]) == (201, made["id"], None)


async def test_who_makes_and_ends_a_key_is_written_down(beside: Api) -> None:
    olga = beside.as_(rights.MANAGE_PARTNERS, name="olga")
    made = (await olga.act("/v1/partner-keys", WANTED | {"why": "a new shop"})).json()["id"]
    path = f"/v1/partner-keys/{made}?why=it+leaked"

    ended = [await olga.act(path, method="DELETE", key="k-1") for _ in range(2)]
    unknown = await olga.act(path, method="DELETE")
    found = (await beside.get("/v1/ops/audit?kind=operation")).json()["items"]

    assert [each.status_code for each in (*ended, unknown)] == [204, 204, 404]
    assert [(each["what"], each["by"], each["why"], each["wish"]["key"]) for each in found] == [
        ("end partner key", "olga", "it leaked", made),
        ("make partner key", "olga", "a new shop", made),
    ]
    assert found[1]["wish"] == {"key": made, **WANTED, "days": None}


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"source": "/hub/shards", "topics": ["shop.events"]}, 422),
        ({"source": "/api", "topics": ["shop.events"]}, 422),
        ({"source": "/shops/x", "topics": ["hub.commands"]}, 422),
        ({"source": "/shops/x", "topics": ["hub.internal"]}, 422),
        ({"source": "/shops/x", "topics": []}, 422),
        ({"source": "with space", "topics": ["shop.events"]}, 422),
    ],
)
async def test_no_key_is_made_for_what_partners_may_not_write(api: Api, wanted: dict[str, Any], status: int) -> None:
    made = await api.act("/v1/partner-keys", wanted)

    assert made.status_code == status
    assert await api.stage.rows("SELECT 1 FROM api_key") == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", BATCH, 200),
        (b"{}", BATCH, 422),
        (b"[" + b"{}," * 100 + b"{}]", BATCH, 422),
        (b"not json", BATCH, 400),
        (b"\xff", STRUCTURED, 200),
        (b"{}", "text/plain", 415),
        (b"{}", "application/json", 415),
        (b"x" * 1_000_001, STRUCTURED, 413),
    ],
)
async def test_what_is_no_event_is_refused_in_words(api: Api, body: bytes, kind: str, status: int) -> None:
    answer = await post(api, await key_for(api), body, kind)

    assert answer.status_code == status, answer.text
    if status == 200:
        assert all(each["verdict"] == "rejected" for each in answer.json()["results"])


async def test_hundreds_of_events_of_many_orders_are_all_there(api: Api) -> None:
    key = await key_for(api)
    events = [event(placed(f"N-{n}"), f"o-{n}") for n in range(300)]
    batches = [events[start : start + 100] for start in range(0, 300, 100)]

    answers = await asyncio.gather(*(post(api, key, batch, BATCH) for batch in batches))

    assert [each["verdict"] for answer in answers for each in answer.json()["results"]] == ["accepted"] * 300
    await api.stage.until_rows("SELECT 1 FROM orders WHERE state IS NOT NULL", 300)
