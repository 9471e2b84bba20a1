"""Operators of some stores: what names an order of another store is not there for them, at any route."""

import asyncio
import json
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import event

from contracts.wire import pack_headers
from domain import rights
from hub.api.watching import Watch
from tests.api.server import Api

pytestmark = pytest.mark.integration
ORDERS = ("o-lille", "o-paris", "o-nobody")
"""One of each store, and one that the hub doesn't know."""
SEEN = {"o-lille", "o-nobody"}
"""What an operator of Lille sees of them."""
NAMING = (
    "/v1/ops/audit",
    "/v1/ops/failed",
    "/v1/ops/failed/records",
    "/v1/ops/gateway",
    "/v1/ops/operations",
    "/v1/ops/operations/followed",
    "/v1/ops/topics/{topic}/records",
)
"""Routes of operators that name orders."""
ASKED = {
    "{topic}": "shop.events",
    "{shard}": "0",
    "{source}": "~L3g",
    "{record}": "0",
    "{operation}": "0",
    "{job}": "none",
}
WINDOW = {"topic": "shop.events", "since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}
STORED = """INSERT INTO orders (order_id, shard, seq, changes, version, state, number, store, rules, document)
  VALUES (:o, 0, 1, 1, 1, 'sent', 'N-' || :o, :s, 1, '{}')"""
LETTER = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, headers, value, order_id)
  VALUES (0, 1, 1, 'dead_letter', :code, 'odd: ' || :o, 'shop.events', :headers, '{}', :o) RETURNING id"""
CALL = """INSERT INTO gateway_calls (request_id, order_id, kind, payment_id, amount, currency, partition, "offset",
    seen_offset, digest, message_type, message, state)
  VALUES ('r-' || :o, :o, 'capture', 'p-1', 4500, 'EUR', 0, :n, :n, '', 't', '', 'unknown')"""
ACT = """INSERT INTO operation (key, action, who, why, wish)
  VALUES (CAST(:o AS text), 'retry', 'x', 'y', jsonb_build_object('order', CAST(:o AS text)))"""
BOOKS = """INSERT INTO gateway_reconciliation (payments, differences, in_motion, result)
  VALUES (1, 3, 0, CAST(:result AS jsonb))"""


@pytest.fixture
async def olga(beside: Api) -> Api:
    """An operator of Lille, where each route that names orders has one of each sort to tell of."""
    stage = beside.stage
    await stage.change("INSERT INTO listing_build (id, form, total, built_at) VALUES (1, 1, 0, now())")
    for order, store in (("o-lille", "lille"), ("o-paris", "paris")):
        await stage.change(STORED, o=order, s=store)
    for n, order in enumerate(ORDERS):
        await stage.change(LETTER, o=order, code=f"code_{n}", headers=pack_headers(()))
        await stage.change(CALL, o=order, n=n)
        await stage.change(ACT, o=order)
        await stage.write("shop.events", key=order.encode(), partition=0, headers=[("ce_subject", order.encode())])
    found = [{"payment_id": "p", "order_id": each, "what": "held", "provider": 1, "hub": 2} for each in ORDERS]
    await stage.change(BOOKS, result=json.dumps({"differences": found, "provider": {}, "hub": {}}))
    return beside.as_(rights.OPERATE, rights.AUDIT, name="olga", stores=("lille",))


async def ids(api: Api, table: str) -> dict[str, int]:
    """The numbers of the records or operations, by their orders."""
    column = "order_id" if table == "set_aside" else "wish->>'order'"
    return {row["o"]: row["id"] for row in await api.stage.rows(f"SELECT id, {column} AS o FROM {table}")}


def named(answer: httpx2.Response) -> set[str]:
    assert answer.status_code in (200, 404), answer.text
    return {each for each in ORDERS if each in answer.text}


async def test_every_route_tells_an_operator_of_his_stores_alone(beside: Api, olga: Api) -> None:
    document = (await beside.get("/openapi.json")).json()
    paths = [path for path, held in document["paths"].items() if path.startswith("/v1/ops/") and "get" in held]
    told: dict[str, tuple[set[str], set[str]]] = {}
    for path in paths:
        if path == "/v1/ops/stream":
            continue
        address = re.sub(r"{\w+}", lambda part: ASKED[part[0]], path)
        more = "?partition=0" if path.endswith("{topic}/records") else ""
        told[path] = named(await beside.get(address + more)), named(await olga.get(address + more))

    assert {path: both for path, both in told.items() if path in NAMING} == dict.fromkeys(NAMING, (set(ORDERS), SEEN))
    assert told.pop("/v1/ops/overview") == (set(ORDERS), set())
    assert {path: both for path, both in told.items() if path not in NAMING and any(both)} == {}


async def test_one_record_and_one_operation_are_not_there_for_another_store(beside: Api, olga: Api) -> None:
    for path, table in (("failed", "set_aside"), ("operations", "operation")):
        for order, number in (await ids(beside, table)).items():
            answer = await olga.get(f"/v1/ops/{path}/{number}")
            told = 200 if order in SEEN else 404
            assert (answer.status_code, (await beside.get(f"/v1/ops/{path}/{number}")).status_code) == (told, 200)


async def test_what_each_sees_of_operations_is_asked_once_a_second_for_all(beside: Api, olga: Api) -> None:
    stage, asked, now = beside.stage, list[str](), 1000.0
    watch = Watch(lambda: now)

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(stage.engine.sync_engine, "before_cursor_execute", hear)
    told = {store: await watch.operations(stage.desk, {store}) for store in ("lille", "paris")}
    first = len(asked)
    told["*"] = await watch.operations(stage.desk, None)
    told["lyon"] = await watch.operations(stage.desk, {"lyon"})
    again = len(asked)
    now += 1
    await watch.operations(stage.desk, {"lille"})
    event.remove(stage.engine.sync_engine, "before_cursor_execute", hear)

    seen = {store: {each.wish["order"] for each in found} for store, found in told.items()}
    everything, here = set(ORDERS), {"o-nobody"}
    assert seen == {"*": everything, "lille": SEEN, "paris": everything - {"o-lille"}, "lyon": here}
    assert (again, len(asked)) == (first, 2 * first)


async def test_no_act_reaches_an_order_of_another_store(beside: Api, olga: Api) -> None:
    records, acts = await ids(beside, "set_aside"), await ids(beside, "operation")
    everything = (await beside.act("/v1/ops/failed/preview", {})).json()
    mine = (await olga.act("/v1/ops/failed/preview", {})).json()
    why = {"why": "mine"}

    archived = await olga.act("/v1/ops/failed/archive", why | {"choice_token": everything["choice_token"]})
    edit = await olga.act(f"/v1/ops/failed/{records['o-paris']}/edit", why | {"set": {"a": 1}})
    stop = await olga.act(f"/v1/ops/operations/{acts['o-paris']}/stop", why)
    replay = await olga.act("/v1/ops/replay", why | WINDOW | {"order": "o-paris", "dry_run": True})
    own = await olga.act("/v1/ops/replay", why | WINDOW | {"order": "o-lille", "dry_run": True})

    assert (everything["records"], mine["records"], archived.json()["touched"]) == (3, 2, 2)
    assert [each.status_code for each in (edit, stop, replay, own)] == [404, 404, 404, 200]
    untouched = "SELECT order_id FROM set_aside WHERE operation IS NULL AND NOT archived"
    assert await beside.stage.rows(untouched) == [{"order_id": "o-paris"}]


async def test_an_operation_that_names_an_order_by_its_number_is_of_its_store(beside: Api, olga: Api) -> None:
    await beside.stage.change("UPDATE operation SET wish = jsonb_build_object('order', 'N-' || (wish->>'order'))")

    found = (await olga.get("/v1/ops/operations")).json()

    assert {each["wish"]["order"] for each in found} == {"N-o-lille", "N-o-nobody"}


async def test_the_stream_tells_of_operations_of_the_callers_stores(beside: Api, olga: Api) -> None:
    told: list[dict[str, Any]] = []
    async with (
        asyncio.timeout(60),
        olga.client.stream("GET", f"{olga.base}/v1/ops/stream", headers=olga._headers, timeout=60) as answer,
    ):
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "data" and "wish" in value:
                told.append(json.loads(value))
            if len(told) == len(SEEN):
                break

    assert {each["wish"]["order"] for each in told} == SEEN


async def test_what_an_operation_asked_of_another_store_stays_asked(beside: Api, olga: Api) -> None:
    retried = await beside.act("/v1/ops/failed/retry", {"why": "mended", "choice_token": await everything(beside)})
    number = retried.json()["id"]

    stopped = await olga.act(f"/v1/ops/operations/{number}/stop", {"why": "not yet"})

    assert stopped.json()["records"] == len(SEEN)
    asked = await beside.stage.rows("SELECT order_id FROM set_aside WHERE asked IS NOT NULL")
    assert [row["order_id"] for row in asked] == ["o-paris"]


async def everything(api: Api) -> str:
    """A preview of all failed records."""
    told: str = (await api.act("/v1/ops/failed/preview", {})).json()["choice_token"]
    return told
