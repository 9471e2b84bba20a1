"""The audit: who did what, and what was refused to whom."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from adapters.postgres import audit_reads
from adapters.postgres.audit_reads import AuditFilter
from domain import rights
from tests.api.server import Api, running_api
from tests.integration.messages import approve
from tests.stage import Stage

pytestmark = pytest.mark.integration
ACTS = "kind=operation&kind=refusal&kind=unlock"
"""All but sign-ins, of which there are always some."""
MANY = """INSERT INTO journal (order_id, seq, version, shard, batch, n, outcome, source, event_id, digest, type, topic,
    partition, "offset", occurred_at, appended_at, data, rules, transitions)
  SELECT 'o-' || i, 1, 1, 0, 1, i, 'applied', '/api', 'e-' || i, '', 'order.unlock.v1', 'hub.commands', 0, i, now(),
    now(), jsonb_build_object('fact', jsonb_build_object('force', i % 2 = 0)), 1, '{}'
  FROM generate_series(1, 20000) AS i"""
ASKED = """INSERT INTO api_call (caller, key, fingerprint, command_id, type, order_id, at)
  SELECT 'hub|ann', 'k-' || i, '', 'e-' || i, 'order.unlock.v1', 'o-' || i, now() - i * interval '1 second'
  FROM generate_series(1, 20000) AS i"""


async def audited(api: Api, more: str = "") -> list[dict[str, Any]]:
    answer = await api.get(f"/v1/ops/audit?{more if 'kind=' in more else f'{ACTS}&{more}'}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_two_hundred_refusals_are_one_row_that_counts_them(beside: Api) -> None:
    eve = beside.as_(rights.READ, name="eve")

    answers = await asyncio.gather(*(eve.get("/v1/ops/shards") for _ in range(200)))
    await eve.get("/v1/ops/health")

    assert {each.status_code for each in answers} == {403}
    rows = (await beside.get("/v1/ops/refusals")).json()
    told = {each["route"]: (each["caller"], each["code"], each["count"]) for each in rows}
    assert told == {
        "/v1/ops/shards": ("hub|eve", "scope", 200),
        "/v1/ops/health": ("hub|eve", "scope", 1),
    }
    assert all(each["first_at"] <= each["at"] for each in rows)


async def test_refusals_of_an_older_version_stand_beside_those_that_are_counted(beside: Api) -> None:
    older = (
        "INSERT INTO api_refusal (caller, method, route, code, detail) VALUES ('hub|eve', 'GET', '/r', 'scope', 'd')"
    )
    for _ in range(2):
        await beside.stage.change(older)

    rows = (await beside.get("/v1/ops/refusals")).json()

    assert [(each["route"], each["count"]) for each in rows] == [("/r", 1), ("/r", 1)]


async def test_what_was_done_and_what_was_refused_is_one_list_by_time(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    await api.as_(name="bea").act("/v1/orders/o-1/lock")
    await api.as_(name="bea").act("/v1/orders/o-1/lock", method="DELETE")
    await api.as_(name="bea").act("/v1/orders/o-1/lock")
    forced = await api.act("/v1/orders/o-1/lock?force=true", {"reason": "she went home"}, method="DELETE")
    await api.as_(rights.READ, name="eve").get("/v1/ops/shards")
    await api.as_(name="olga").act("/v1/ops/partners/pause", {"why": "looks odd", "source": "/partners/test"})

    operation, refusal, unlock = await audited(api)

    assert forced.status_code == 200, forced.text
    assert [operation[name] for name in ("kind", "by", "what", "why", "count", "wish")] == [
        *("operation", "olga", "pause partner", "looks odd", 1),
        {"source": "/partners/test"},
    ]
    assert [refusal[name] for name in ("kind", "by", "what", "code")] == [
        *("refusal", "hub|eve", "GET /v1/ops/shards", "scope")
    ]
    assert [unlock[name] for name in ("kind", "by", "what", "why", "wish")] == [
        *("unlock", "hub|ann", "order.unlock", "she went home"),
        {"order": "o-1"},
    ]
    for by in ("ann", "hub|ann"):
        assert await audited(api, f"by={by}") == [unlock]
    for by in ("olga", "hub|olga"):
        assert await audited(api, f"by={by}") == [operation]
    assert await audited(api, "kind=refusal&kind=unlock") == [refusal, unlock]
    assert await audited(api, f"until={operation['at'].replace('+00:00', 'Z')}") == [refusal, unlock]
    assert await audited(api, f"since={operation['at'].replace('+00:00', 'Z')}") == [operation]
    assert await audited(api.as_(rights.AUDIT, stores=("paris",)), "kind=unlock") == []
    assert await audited(api.as_(rights.AUDIT, stores=("lille",)), "kind=unlock") == [unlock]


async def test_pages_of_the_audit_lead_through_all_of_it_once_also_within_one_moment(beside: Api) -> None:
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    for number in range(12):
        act = "INSERT INTO operation (key, action, who, why, at) VALUES (:key, 'retry', 'ann', '', :at)"
        await beside.stage.change(act, at=at - timedelta(minutes=number // 6), key=str(number))
        refused = "INSERT INTO api_refusal (caller, method, route, code, detail, at) VALUES ('e', 'G', '', '', '', :at)"
        await beside.stage.change(refused, at=at - timedelta(minutes=number // 6))
    whole = [(each["kind"], each["id"]) for each in await audited(beside, "limit=200")]

    walked, path = list[tuple[str, str]](), f"/v1/ops/audit?{ACTS}&limit=5"
    while path:
        answer = await beside.get(path)
        walked += [(each["kind"], each["id"]) for each in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    cursor = (await beside.get(f"/v1/ops/audit?{ACTS}&limit=5")).json()["next_cursor"]
    other = await beside.get(f"/v1/ops/audit?limit=5&kind=refusal&cursor={cursor}")

    assert len(whole) == 24
    assert walked == whole
    assert (other.status_code, other.json()["code"]) == (400, "cursor_mismatch")


async def test_an_unlock_is_hidden_where_its_order_is_of_another_store_alone(beside: Api) -> None:
    order = """INSERT INTO orders (order_id, shard, seq, changes, version, state, store, rules, document)
      VALUES (:o, 0, 1, 1, 1, 'sent', :s, 1, '{}')"""
    for statement in (MANY, ASKED):
        await beside.stage.change(statement.replace("20000", "6"))
    for number, store in ((2, "lille"), (4, "paris")):
        await beside.stage.change(order, o=f"o-{number}", s=store)

    found = await audited(beside.as_(rights.AUDIT, stores=("lille",)), "kind=unlock")

    assert [each["wish"]["order"] for each in found] == ["o-2", "o-6"]


async def test_the_audit_of_a_large_journal_is_read_by_indexes(stage: Stage) -> None:
    for statement in (MANY, ASKED, "ANALYZE journal, api_call"):
        await stage.change(statement)
    told: list[tuple[str, Any]] = []

    def tell(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        told.append((statement, parameters))

    event.listen(stage.engine.sync_engine, "before_cursor_execute", tell)
    found = await audit_reads.entries(stage.engine, AuditFilter(), (datetime.now(UTC), "unlock", "e-9"), 51)
    event.remove(stage.engine.sync_engine, "before_cursor_execute", tell)
    async with stage.engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        plan = "\n".join([row[0] for row in await raw.fetch(f"EXPLAIN {told[0][0]}", *told[0][1])])

    assert [each.wish["order"] for each in found[:2]] == ["o-2", "o-4"]
    assert len(found) == 51
    assert "api_call_unlock_idx" in plan
    assert "Seq Scan on journal" not in plan, plan
    assert "Seq Scan on api_call" not in plan, plan


@pytest.mark.parametrize(
    "more", ["kind=odd", "since=2026-01-01", "by=%00", "limit=0", "limit=201", "cursor=x", "who=ann"]
)
async def test_what_the_audit_can_not_be_asked_is_refused(beside: Api, more: str) -> None:
    assert (await beside.get(f"/v1/ops/audit?{more}")).status_code in (400, 422)


async def test_a_caller_is_signed_in_once_an_hour_whichever_process_he_asks(beside: Api) -> None:
    olga = beside.as_(rights.OPERATE, name="olga")
    for _ in range(3):
        await olga.get("/v1/ops/shards")
    await beside.client.get(f"{beside.base}/v1/me", headers={"Authorization": "Bearer of-nobody"})
    async with running_api(beside.stage, project=False) as other:
        await other.as_(rights.OPERATE, name="olga").get("/v1/me")

        found = await audited(other, "kind=sign_in&by=olga")
        every = await audited(beside, "kind=sign_in")

    rows = await beside.stage.rows("SELECT hour FROM api_sign_in WHERE caller = 'hub|olga'")
    assert len(found) == len(rows)  # two where an hour ended meanwhile
    assert [found[0][name] for name in ("by", "what", "count", "wish")] == ["hub|olga", "sign in", 1, {}]
    assert {each["by"] for each in every} == {"hub|olga", "hub|ann"}


async def test_an_hour_ago_was_another_sign_in(beside: Api) -> None:
    await beside.get("/v1/me")
    await beside.stage.change("UPDATE api_sign_in SET hour = hour - interval '1 hour', at = at - interval '1 hour'")
    async with running_api(beside.stage, project=False) as other:
        found = await audited(other, "kind=sign_in&by=ann")
        cursor = (await other.get("/v1/ops/audit?kind=sign_in&limit=1")).json()["next_cursor"]
        second = (await other.get(f"/v1/ops/audit?kind=sign_in&limit=1&cursor={cursor}")).json()["items"]

    assert len(found) >= 2
    assert second == [found[1]]
    assert found[0]["at"] > found[1]["at"]
