"""Operators over HTTP: what failed is looked at, chosen, tried again; every act has its author and its reason."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from domain import rights
from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration


async def quarantined(api: Api, bug: set[str], *orders: str) -> None:
    """Orders whose rules fail: a note of each waits in quarantine."""
    for order in orders:
        await approve(api.stage, order)
        await api.stage.until_state(order, "availability_requested")
    bug |= set(orders)
    for order in orders:
        answer = await api.act(f"/v1/orders/{order}/notes", {"text": "one"}, headers={"Prefer": "wait=20"})
        assert answer.json()["code"] == "held"


async def until(api: Api, path: str, member: str, value: object) -> dict[str, Any]:
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        found: dict[str, Any] = (await api.get(path)).json()
        if found.get(member) == value:
            return found
        assert asyncio.get_running_loop().time() < deadline, found
        await asyncio.sleep(0.1)


async def test_what_failed_is_chosen_by_a_preview_and_tried_again(api: Api, bug: set[str]) -> None:
    await quarantined(api, bug, "o-1", "o-2")
    operator = api.as_(rights.OPERATE, name="olga")

    causes = (await operator.get("/v1/ops/failed")).json()
    preview = (await operator.act("/v1/ops/failed/preview", {"order": "o-1"})).json()
    bug.clear()
    done = await operator.act(
        "/v1/ops/failed/retry", {"why": "the rule is mended", "choice_token": preview["choice_token"]}, key="k-1"
    )
    again = await operator.act(
        "/v1/ops/failed/retry", {"why": "the rule is mended", "choice_token": preview["choice_token"]}, key="k-1"
    )
    settled = await until(operator, f"/v1/ops/operations/{done.json()['id']}", "waiting", 0)

    assert [(each["kind"], each["count"], each["orders"]) for each in causes] == [("quarantined", 2, 2)]
    assert (preview["records"], preview["orders"]) == (1, 1)
    assert (done.status_code, again.json()["id"]) == (200, done.json()["id"])
    assert (settled["who"], settled["why"], settled["touched"]) == ("olga", "the rule is mended", 1)
    notes = await api.stage.rows("SELECT order_id FROM journal WHERE type = 'order.comment.v1' AND outcome = 'applied'")
    assert [row["order_id"] for row in notes] == ["o-1"]
    history = (await operator.get("/v1/ops/operations")).json()
    assert [(each["action"], each["who"]) for each in history] == [("retry", "olga")]


async def test_a_command_that_an_operator_gave_up_is_no_longer_held(api: Api, bug: set[str]) -> None:
    await quarantined(api, bug, "o-1")
    (call,) = await api.stage.rows("SELECT command_id FROM api_call WHERE caller LIKE '%ann'")
    asked = f"/v1/commands/{call['command_id']}"
    held = (await api.get(asked)).json()
    token = (await api.act("/v1/ops/failed/preview", {"order": "o-1"})).json()["choice_token"]
    done = await api.act("/v1/ops/failed/skip", {"why": "said twice", "choice_token": token})
    await until(api, f"/v1/ops/operations/{done.json()['id']}", "waiting", 0)
    await api.stage.change(
        "UPDATE set_aside SET archived = archived WHERE kind = 'quarantined'"
    )  # now behind the other

    told = (await api.get(asked)).json()

    rows = await api.stage.rows("SELECT kind, code FROM set_aside WHERE kind <> 'answer' ORDER BY id")
    assert [row["kind"] for row in rows] == ["quarantined", "dead_letter"]
    assert (held["state"], held["code"]) == ("rejected", "held")
    assert (told["state"], told["code"]) == ("rejected", rows[1]["code"])


async def test_a_record_is_shown_whole_only_to_who_may_read_orders(api: Api, bug: set[str]) -> None:
    await quarantined(api, bug, "o-1")
    (record,) = (await api.get("/v1/ops/failed/records")).json()["items"]

    masked = (await api.as_(rights.OPERATE).get(f"/v1/ops/failed/{record['id']}")).json()
    whole = (await api.as_(rights.OPERATE, rights.READ).get(f"/v1/ops/failed/{record['id']}")).json()

    assert (masked["value"], masked["headers"]) == (None, None)
    assert "one" in whole["value"]
    assert whole["headers"]["hub-token"] == "not shown"
    assert whole["record"]["order_id"] == "o-1"


COMMAND_SAID: dict[str, dict[str, Any]] = {
    "a field": {"set": {"text": "two"}},
    "the value": {"value": '{"text":"two"}'},
    "the type": {"headers": {"ce_type": "refund.approve.v1"}},
    "the id": {"headers": {"CE_ID": "another"}},
    "the token": {"headers": {"hub-token": None}},
}


async def test_a_command_stays_as_its_author_sent_it_whoever_edits_it(api: Api, bug: set[str]) -> None:
    await quarantined(api, bug, "o-1")
    (record,) = (await api.get("/v1/ops/failed/records")).json()["items"]
    operator, path = api.as_(rights.OPERATE, name="olga"), f"/v1/ops/failed/{record['id']}/edit"

    refused = {what: await operator.act(path, {"why": "let me", **said}) for what, said in COMMAND_SAID.items()}
    untouched = await api.stage.rows("SELECT 1 FROM set_aside WHERE edited_value IS NOT NULL OR operation IS NOT NULL")
    bug.clear()
    noted = await operator.act(path, {"why": "seen by olga", "headers": {"note": "seen"}})
    await until(operator, f"/v1/ops/operations/{noted.json()['id']}", "waiting", 0)

    assert {what: (each.status_code, each.json()["code"]) for what, each in refused.items()} == dict.fromkeys(
        COMMAND_SAID, (422, "data_invalid")
    )
    assert all("author send it again" in each.json()["detail"] for each in refused.values())
    assert untouched == []
    (row,) = await api.stage.rows("SELECT type, outcome, actor FROM journal WHERE type = 'order.comment.v1'")
    assert (row["type"], row["outcome"], row["actor"]) == ("order.comment.v1", "applied", "ann")


OTHERS: dict[str, tuple[dict[str, str], str, dict[str, str]]] = {
    "partners/pause": ({"source": "/partners/one"}, "partners/pause", {"source": "/partners/two"}),
    "partners/resume": ({"source": "/partners/one"}, "partners/pause", {"source": "/partners/one"}),
    "topics/shop.events/pause": ({}, "topics/fraud.events/pause", {}),
    "shards/0/pause": ({}, "shards/0/resume", {}),
    "listing/rebuild": ({}, "listing/check", {}),
}


@pytest.mark.parametrize("first", OTHERS)
async def test_a_key_that_was_used_for_something_else_is_refused_to_every_act(beside: Api, first: str) -> None:
    body, second, other = OTHERS[first]

    done = await beside.act(f"/v1/ops/{first}", {"why": "first", **body}, key="k-1")
    reused = await beside.act(f"/v1/ops/{second}", {"why": "second", **other}, key="k-1")
    again = await beside.act(f"/v1/ops/{first}", {"why": "first", **body}, key="k-1")

    assert (done.status_code, again.status_code) == (200, 200)
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")
    assert len((await beside.get("/v1/ops/operations")).json()) == 1


async def test_a_key_means_the_same_records_and_the_same_edit(beside: Api) -> None:
    number = await dead_letter(beside)
    token = (await beside.act("/v1/ops/failed/preview", {"ids": [number]})).json()["choice_token"]
    other = (await beside.act("/v1/ops/failed/preview", {"code": "other"})).json()["choice_token"]
    edit = f"/v1/ops/failed/{number}/edit"

    answers = [
        await beside.act("/v1/ops/failed/retry", {"why": "a", "choice_token": token}, key="k-1"),
        await beside.act("/v1/ops/failed/retry", {"why": "a", "choice_token": other}, key="k-1"),
        await beside.act("/v1/ops/failed/archive", {"why": "a", "choice_token": token}, key="k-1"),
        await beside.act(edit, {"why": "a", "set": {"a": 1}}, key="k-2"),
        await beside.act(edit, {"why": "a", "set": {"a": 2}}, key="k-2"),
        await beside.act(edit, {"why": "a", "set": {"a": 1}}, key="k-2"),
    ]

    assert [each.status_code for each in answers] == [200, 422, 422, 200, 422, 200]
    assert answers[5].json()["id"] == answers[3].json()["id"]


LATE = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, headers, recorded_at)
  SELECT 0, :batch, i, 'dead_letter', 'data_invalid', 'odd', 'fraud.events', :headers, now() - interval '1 hour'
  FROM generate_series(1, :count) AS i"""


@pytest.mark.parametrize("many", [3, 1500])
async def test_what_was_under_way_at_the_preview_is_not_touched(beside: Api, many: int) -> None:
    stage = beside.stage
    await stage.change("UPDATE shard SET batch = 1 WHERE k = 0")
    await stage.change(LATE, batch=1, count=many, headers=b"[]")
    async with stage.engine.connect() as connection:
        transaction = await connection.begin()  # an hour's batch, stored after the preview
        await connection.execute(text(LATE), {"batch": 2, "count": 2, "headers": b"[]"})
        preview = (await beside.act("/v1/ops/failed/preview", {"kind": "dead_letter"})).json()
        await transaction.commit()
    chosen = {"why": "seen", "choice_token": preview["choice_token"]}

    done = await beside.act("/v1/ops/failed/retry", chosen)

    assert (preview["records"], done.status_code, done.json()["touched"]) == (many, 200, many)
    assert await stage.rows("SELECT 1 FROM set_aside WHERE batch = 2 AND operation IS NOT NULL") == []


async def test_more_than_a_thousand_are_refused_where_others_have_come_to_be_meant(beside: Api) -> None:
    stage = beside.stage
    await stage.change("UPDATE shard SET batch = 1 WHERE k = 0")
    await stage.change(LATE, batch=1, count=1500, headers=b"[]")
    await stage.change("UPDATE set_aside SET code = 'type_unknown' WHERE n <= 2")
    token = (await beside.act("/v1/ops/failed/preview", {"code": "data_invalid"})).json()["choice_token"]
    none = (await beside.act("/v1/ops/failed/preview", {"code": "no_such"})).json()["choice_token"]
    await stage.change("UPDATE set_aside SET code = 'data_invalid' WHERE n = 1")
    await stage.change("UPDATE set_aside SET code = 'no_such' WHERE n = 2")

    answers = [
        await beside.act(f"/v1/ops/failed/{act}", {"why": "seen", "choice_token": each})
        for act, each in (("retry", token), ("archive", token), ("skip", token), ("archive", none))
    ]

    assert {(each.status_code, each.json()["code"]) for each in answers} == {(409, "choice_grown")}
    assert await stage.rows("SELECT 1 FROM operation") == []


async def test_a_thousand_records_are_chosen_by_number(beside: Api) -> None:
    await beside.stage.change("ALTER TABLE set_aside ALTER COLUMN id RESTART WITH 9000000000000000")
    await beside.stage.change(LATE, batch=1, count=1000, headers=b"[]")
    preview = (await beside.act("/v1/ops/failed/preview", {})).json()

    done = await beside.act("/v1/ops/failed/archive", {"why": "old", "choice_token": preview["choice_token"]})

    assert (done.status_code, done.json()["touched"]) == (200, 1000)


async def dead_letter(api: Api, code: str = "data_invalid") -> int:
    """Put a dead letter where no shard looks, and return its number."""
    row = "INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, headers, value) "
    row += "VALUES (0, 1, 1, 'dead_letter', :code, 'odd', 'fraud.events', :headers, :value)"
    await api.stage.change(row, code=code, headers=b"[]", value=b'{"a":0}')
    return int((await api.stage.rows("SELECT max(id) AS id FROM set_aside"))[0]["id"])


async def test_partners_topics_and_shards_are_held_back_and_let_go_on(api: Api) -> None:
    said = {"why": "looks odd"}
    shown: dict[str, httpx2.Response] = {}
    for what, body in (
        ("partners/pause", said | {"source": "/partners/test"}),
        ("topics/shop.events/pause", said),
        ("shards/0/pause", said),
    ):
        shown[what] = await api.act(f"/v1/ops/{what}", body)
    paused = (await api.get("/v1/ops/partners/paused")).json()
    for what, body in (
        ("partners/resume", said | {"source": "/partners/test"}),
        ("topics/shop.events/resume", said),
        ("topics/no.such/pause", said),
    ):
        shown[what] = await api.act(f"/v1/ops/{what}", body)

    assert {what: answer.status_code for what, answer in shown.items()} == {
        **dict.fromkeys(("partners/pause", "topics/shop.events/pause", "shards/0/pause"), 200),
        **dict.fromkeys(("partners/resume", "topics/shop.events/resume"), 200),
        "topics/no.such/pause": 404,
    }
    assert [each["source"] for each in paused] == ["/partners/test"]
    stopped = await until(api, "/v1/ops/health", "ready", False)
    assert any("stopped" in reason for reason in stopped["reasons"])


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/v1/ops/health", {rights.OPERATE, rights.AUDIT}),
        ("GET", "/v1/ops/shards", {rights.OPERATE, rights.AUDIT}),
        ("GET", "/v1/ops/failed", {rights.OPERATE, rights.AUDIT}),
        ("GET", "/v1/ops/operations", {rights.OPERATE, rights.AUDIT}),
        ("GET", "/v1/ops/listing", {rights.OPERATE, rights.AUDIT}),
        ("GET", "/v1/ops/refusals", {rights.AUDIT}),
        ("POST", "/v1/ops/failed/preview", {rights.OPERATE}),
        ("POST", "/v1/ops/shards/0/pause", {rights.OPERATE}),
        ("POST", "/v1/ops/partners/pause", {rights.OPERATE, rights.MANAGE_PARTNERS}),
        ("POST", "/v1/ops/partners/resume", {rights.OPERATE, rights.MANAGE_PARTNERS}),
        ("POST", "/v1/ops/listing/rebuild", {rights.OPERATE}),
    ],
)
async def test_each_door_of_the_operators_opens_to_its_scopes_alone(
    api: Api, method: str, path: str, scopes: set[str]
) -> None:
    body = {"why": "no", "source": "/nobody"} if method == "POST" else None
    found = {
        scope: (await api.as_(scope)._ask(method, path, **({} if body is None else {"json": body}))).status_code
        for scope in rights.SCOPES
    }

    assert {scope for scope, status in found.items() if status != 403} == scopes


@pytest.mark.parametrize(
    "path",
    [
        "/v1/orders/%00",
        "/v1/orders?state=%00",
        "/v1/orders?placed_from=2026-01-01T00:00:00",
        "/v1/ops/failed/99999999999999999999",
        "/v1/ops/failed?since=2026-01-01",
        "/v1/ops/shards?limit=1",
    ],
)
async def test_what_no_server_can_hold_is_refused_before_it_is_asked(api: Api, path: str) -> None:
    assert (await api.get(path)).status_code == 422


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b'{"why": "\xff"}', b"[" * 100_000])
async def test_a_body_that_is_no_json_is_a_problem_at_every_route(api: Api, body: bytes) -> None:
    headers = {**api._headers, "Content-Type": "application/json", "Idempotency-Key": "k"}
    found = {
        path: await api.client.post(f"{api.base}{path}", content=body, headers=headers)
        for path in ("/v1/ops/listing/rebuild", "/v1/ops/what-if", "/v1/webhooks", "/v1/orders", "/v1/refunds/approve")
    }

    told = {(each.status_code, each.headers["content-type"], each.json()["code"]) for each in found.values()}
    assert {status for status, _, _ in told} <= {400, 422}
    assert {media for _, media, _ in told} == {"application/problem+json"}
    assert {code for _, _, code in told} <= {"malformed", "data_invalid"}
