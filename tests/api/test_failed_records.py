"""Failed records over HTTP: page by page, with what breaks the contract and what would become of each."""

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from adapters.postgres import edits, failed_causes
from adapters.postgres.failed_reads import Editable, Selection
from adapters.postgres.operations import Operation
from adapters.rows.set_aside import StoredAside
from consumers.shard.reading import Read, Reader, Suspended
from contracts.envelope import Envelope
from contracts.shop import OrderPlaced
from contracts.wire import pack_headers
from domain import rights
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from hub import wiring
from hub.desk import contracts as desk_contracts
from tests.api.server import Api
from tests.integration.messages import approve, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration
LETTERS = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, headers)
  SELECT 0, 1, i, 'dead_letter', 'data_invalid', 'odd', 'fraud.events', :headers FROM generate_series(1, :count) AS i"""


async def until_settled(api: Api, operation: int) -> dict[str, Any]:
    """An operation of which no record waits any more."""

    async def settled() -> dict[str, Any]:
        found: dict[str, Any] = (await api.get(f"/v1/ops/operations/{operation}")).json()
        return found if found["waiting"] == 0 else {}

    found: dict[str, Any] = await api.stage.until(settled, f"operation {operation} is settled")
    return found


async def broken(stage: Stage, order: str, partition: int = 0) -> int:
    """Send an order whose lines have a quantity that none can have; return the number of its dead letter."""
    told = json.loads(placed(f"N-{order}").encoded())
    told["lines"][0] |= {"quantity": -2}
    told_of = Envelope(f"e-{order}", "/partners/test", OrderPlaced.type(), order, None)
    value, headers = json.dumps(told).encode(), told_of.headers()
    await stage.write("shop.events", key=order.encode(), value=value, headers=headers, partition=partition)
    row = await stage.until_rows("SELECT id FROM set_aside WHERE kind = 'dead_letter' AND key = :k", k=order.encode())
    return int(row[0]["id"])


async def test_failed_records_come_page_by_page(beside: Api) -> None:
    await beside.stage.change(LETTERS, headers=b"[]", count=5)
    found: list[int] = []
    path = "/v1/ops/failed/records?limit=2&kind=dead_letter"
    sizes = []
    while path:
        answer = await beside.get(path)
        sizes.append(len(answer.json()["items"]))
        found += [each["id"] for each in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url", "")
        assert bool(path) is (answer.json()["next_cursor"] is not None)
    cursor = (await beside.get("/v1/ops/failed/records?limit=2")).json()["next_cursor"]
    other = await beside.get(f"/v1/ops/failed/records?limit=2&code=odd&cursor={cursor}")

    assert sizes == [2, 2, 1]
    assert found == [row["id"] for row in await beside.stage.rows("SELECT id FROM set_aside ORDER BY id")]
    assert (other.status_code, other.json()["code"]) == (400, "cursor_mismatch")


async def test_a_record_says_what_breaks_its_contract_and_what_it_would_become_once_edited(api: Api) -> None:
    stage = api.stage
    order = named(0)[0]
    number = await broken(stage, order)
    before = (await api.get(f"/v1/ops/failed/{number}")).json()
    await stage.stop_hubs()
    done = await api.act(f"/v1/ops/failed/{number}/edit", {"why": "two, they say", "set": {"lines.0.quantity": 2}})

    edited = (await api.get(f"/v1/ops/failed/{number}")).json()

    nothing = await stage.rows("SELECT 1 FROM journal")
    stage.start_hub()
    await until_settled(api, done.json()["id"])
    (row,) = await stage.rows("SELECT outcome, status_after, transitions FROM journal")
    after = (await api.get(f"/v1/ops/failed/{number}")).json()
    assert [each["pointer"] for each in before["violations"]] == ["/data/lines/0/quantity"]
    assert (before["would"]["becomes"], before["would"]["code"]) == ("dead_letter", "data_invalid")
    assert (edited["violations"], nothing) == ([], [])
    would = edited["would"]
    assert (would["becomes"], would["state"], would["rules"]) == tuple(row.values())
    published = [each["type"] for each in would["messages"] if each["topic"] == "order.events"]
    assert published == await stage.types(order)
    assert {"topic": "payment.requests", "type": "payment.authorization_requested.v1"} in would["messages"]
    assert after["would"] is None


async def test_what_would_become_of_a_queue_is_decided_from_its_beginning(api: Api, bug: set[str]) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    bug.add("o-1")
    for reason in ("first", "second"):
        await api.act("/v1/orders/o-1/notes", {"text": reason}, headers={"Prefer": "wait=20"})
    records = (await api.get("/v1/ops/failed/records?kind=quarantined")).json()["items"]
    paths = [f"/v1/ops/failed/{each['id']}" for each in records]
    failing = [(await api.get(path)).json()["would"] for path in paths]
    await api.stage.stop_hubs()
    bug.clear()

    mended = [(await api.get(path)).json()["would"] for path in paths]

    assert [(each["becomes"], "ZeroDivisionError" in each["detail"]) for each in failing] == [("quarantined", True)] * 2
    assert [(each["becomes"], each["state"]) for each in mended] == [("applied", "availability_requested")] * 2
    assert await api.stage.rows("SELECT 1 FROM quarantine") != []


async def test_a_record_of_another_partition_is_decided_at_its_home(api: Api) -> None:
    stage = api.stage
    order = named(0)[0]
    number = await broken(stage, order, partition=1)
    await stage.stop_hubs()
    await api.act(f"/v1/ops/failed/{number}/edit", {"why": "two", "set": {"lines.0.quantity": 2}})

    would = (await api.get(f"/v1/ops/failed/{number}")).json()["would"]

    assert (would["becomes"], would["code"], would["state"]) == ("applied", None, "payment_pending")


async def test_what_the_store_would_refuse_is_told_as_the_shard_does_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = api.stage
    number = await broken(stage, named(0)[0])
    await stage.stop_hubs()
    done = await api.act(f"/v1/ops/failed/{number}/edit", {"why": "two", "set": {"lines.0.quantity": 2}})
    unkept = replace(ORDER, write=lambda order: '{"text": "\\u0000"}')
    monkeypatch.setattr(wiring, "KINDS", Kinds(unkept, WORD_LIST))

    first = (await api.get(f"/v1/ops/failed/{number}")).json()["would"]
    stage.start_hub()
    settled = await until_settled(api, done.json()["id"])
    (row,) = await stage.rows("SELECT id, code, detail FROM set_aside WHERE kind = 'quarantined'")
    again = (await api.get(f"/v1/ops/failed/{row['id']}")).json()["would"]

    assert settled["became"] == {"quarantined": 1}
    for would in (first, again):
        assert (would["becomes"], would["code"], would["detail"]) == ("quarantined", row["code"], row["detail"])
    assert (row["detail"], again["messages"]) == (Suspended.NOT_STORABLE.value, [])


async def test_a_record_is_read_once_and_decoded_beside_the_loop(beside: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    threads, read, again, violations = list[int](), list[str](), Reader.again, desk_contracts.violations

    def deciding(reader: Reader, row: StoredAside) -> Read:
        threads.append(threading.get_ident())
        return again(reader, row)

    def checking(*told: Any) -> Any:
        threads.append(threading.get_ident())
        return violations(*told)

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        if "WHERE set_aside.id = " in statement:
            read.append(statement)

    monkeypatch.setattr(Reader, "again", deciding)
    monkeypatch.setattr(desk_contracts, "violations", checking)
    await beside.stage.change(LETTERS, headers=b"[]", count=1)
    await beside.stage.change("""UPDATE set_aside SET partition = 0, "offset" = 1, appended_at = now()""")
    (row,) = await beside.stage.rows("SELECT id FROM set_aside")
    event.listen(Engine, "before_cursor_execute", hear)
    seen = (await beside.get(f"/v1/ops/failed/{row['id']}")).json()
    event.remove(Engine, "before_cursor_execute", hear)

    assert (seen["would"]["becomes"], len(seen["violations"])) == ("dead_letter", 1)
    assert (len(read), len(threads)) == (1, 2)
    assert threading.get_ident() not in threads


async def test_what_processes_died_of_is_not_tried_by_looking_at_it(api: Api) -> None:
    number = await broken(api.stage, "o-1")
    await api.stage.change("UPDATE set_aside SET code = 'process_died'")

    seen = await api.get(f"/v1/ops/failed/{number}")

    assert (seen.status_code, seen.json()["would"]) == (200, None)


async def test_who_may_only_operate_sees_what_would_be_and_not_what_it_says(api: Api) -> None:
    number = await broken(api.stage, "o-1")

    seen = (await api.as_(rights.OPERATE).get(f"/v1/ops/failed/{number}")).json()

    assert (seen["value"], seen["would"]["becomes"]) == (None, "dead_letter")
    assert "Ada" not in json.dumps(seen)


async def test_a_cause_names_who_wrote_its_records_and_counts_them_by_the_hour(beside: Api) -> None:
    row = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, headers, source, recorded_at, tries)
      VALUES (0, 1, 1, 'dead_letter', 'data_invalid', :detail, 'fraud.events', :headers, :source,
        now() - :minutes * interval '1 minute', :tries)"""
    letters = [("/a", 1430, 2), ("/a", 90, 0), ("/b", 61, 0), (None, 1, 0), ("/c", 60 * 24 * 3, 0)]
    for source, minutes, tries in letters:
        told = {"source": source, "minutes": minutes, "tries": tries, "detail": f"from {source}"}
        await beside.stage.change(row, headers=b"[]", **told)

    (cause,) = (await beside.get("/v1/ops/failed")).json()

    assert (cause["count"], cause["orders"], cause["tries"], cause["example"]) == (5, 0, 2, "from /a")
    assert cause["sources"] == [
        {"source": "/a", "count": 2},
        *({"source": each, "count": 1} for each in ("/b", "/c", None)),
    ]
    assert {hour: count for hour, count in enumerate(cause["spark"]) if count} == {0: 1, 22: 2, 23: 1}
    assert len(cause["spark"]) == 24
    assert cause["first"] < cause["last"]


async def test_who_makes_sources_up_makes_no_cause_long(beside: Api) -> None:
    await beside.stage.change(LETTERS, headers=b"[]", count=200)
    await beside.stage.change("UPDATE set_aside SET source = '/made/up/' || n")

    (cause,) = (await beside.get("/v1/ops/failed")).json()

    assert (cause["count"], len(cause["sources"])) == (200, 10)


async def test_one_edit_is_made_to_all_that_a_preview_named(api: Api) -> None:
    orders = [*named(0, count=2), *named(1, count=1)]
    numbers = [await broken(api.stage, each, partition=int(each in named(1))) for each in orders]
    others = await broken(api.stage, "other-1")
    token = (await api.act("/v1/ops/failed/preview", {"ids": numbers})).json()["choice_token"]
    said = {"why": "two of each", "set": {"lines.0.quantity": 2}, "like": token}
    path = f"/v1/ops/failed/{numbers[0]}/edit"

    done = await api.act(path, said, key="k-1")
    again = await api.act(path, said, key="k-1")
    other = await api.act(path, said | {"set": {"lines.0.quantity": 3}}, key="k-1")

    settled = await until_settled(api, done.json()["id"])
    assert (done.json()["touched"], again.json()["id"], other.json()["code"]) == (3, done.json()["id"], "key_reused")
    assert settled["became"] == {"applied": 3}
    for order in orders:
        assert await api.stage.state(order) == "payment_pending"
    left = await api.stage.rows("SELECT id FROM set_aside WHERE closed_batch IS NULL AND kind = 'dead_letter'")
    assert [row["id"] for row in left] == [others]


ODD = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, headers, value)
  VALUES (0, 1, 1, 'dead_letter', 'data_invalid', 'odd', :topic, :headers, :value)"""


@pytest.mark.parametrize(
    ("topic", "value", "told"),
    [
        ("fraud.events", b'{"b": 1}', "has no a.b"),
        ("fraud.events", b"<xml>", "is not JSON"),
        ("hub.commands", b'{"a": {"b": 0}}', "is a command"),
    ],
)
async def test_one_record_that_an_edit_does_not_fit_leaves_all_as_they_were(
    beside: Api, topic: str, value: bytes, told: str
) -> None:
    await beside.stage.change(ODD, topic="fraud.events", headers=pack_headers(()), value=b'{"a": {"b": 0}}')
    await beside.stage.change(ODD, topic=topic, headers=pack_headers(()), value=value)
    token = (await beside.act("/v1/ops/failed/preview", {})).json()["choice_token"]
    first, odd = (row["id"] for row in await beside.stage.rows("SELECT id FROM set_aside ORDER BY id"))

    said = {"why": "all", "set": {"a.b": 1}, "like": token}
    refused = await beside.act(f"/v1/ops/failed/{first}/edit", said)

    assert refused.status_code == 422, refused.text
    assert f"record {odd} {told}" in refused.json()["detail"]
    untouched = "SELECT 1 FROM set_aside WHERE operation IS NULL AND edited_value IS NULL AND asked IS NULL"
    assert len(await beside.stage.rows(untouched)) == 2
    assert await beside.stage.rows("SELECT 1 FROM operation") == []


async def test_many_records_are_edited_beside_the_loop(beside: Api) -> None:
    for _ in range(3):
        await beside.stage.change(ODD, topic="fraud.events", headers=pack_headers(()), value=b'{"a": 0}')
    threads: list[int] = []

    def edited(_: Editable) -> bytes:
        threads.append(threading.get_ident())
        return b"{}"

    await edits.edit_like(beside.stage.engine, Operation("k", "edit", "ann", "all"), Selection(), "", edited)

    assert len(threads) == 3
    assert threading.get_ident() not in threads


async def test_an_edit_of_many_is_of_fields_and_of_records_that_were_seen(beside: Api) -> None:
    for _ in range(2):
        await beside.stage.change(ODD, topic="fraud.events", headers=pack_headers(()), value=b'{"a": 0}')
    first, other = (row["id"] for row in await beside.stage.rows("SELECT id FROM set_aside ORDER BY id"))
    token = (await beside.act("/v1/ops/failed/preview", {"ids": [first]})).json()["choice_token"]
    asked = {"why": "all", "like": token}

    found = [
        await beside.act(f"/v1/ops/failed/{number}/edit", asked | more)
        for number, more in (
            (first, {"value": "{}"}),
            (first, {"headers": {"a": "b"}, "set": {"a": 1}}),
            (first, {}),
            (other, {"set": {"a": 1}}),
        )
    ]

    assert [(each.status_code, each.json()["code"]) for each in found] == [(422, "data_invalid")] * 4
    assert "not among those that the preview named" in found[3].json()["detail"]
    assert await beside.stage.rows("SELECT 1 FROM operation") == []


async def test_causes_are_counted_from_their_index_alone(beside: Api) -> None:
    await beside.stage.change(LETTERS, headers=b"x" * 1000, count=20_000)
    async with beside.stage.engine.connect() as connection:
        own = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await own.execute(text("VACUUM (ANALYZE) set_aside"))
    told: list[tuple[str, Any]] = []

    def tell(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        told.append((statement, parameters))

    engine = beside.stage.engine
    event.listen(engine.sync_engine, "before_cursor_execute", tell)
    (found,) = await failed_causes.causes(engine, Selection())
    event.remove(engine.sync_engine, "before_cursor_execute", tell)
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        plans = ["\n".join([row[0] for row in await raw.fetch(f"EXPLAIN {each}", *given)]) for each, given in told]

    assert (found.count, len(plans)) == (20_000, 3)
    for plan in plans:
        assert "Index Only Scan using set_aside_failed_idx" in plan, plan
        assert "Seq Scan" not in plan, plan
