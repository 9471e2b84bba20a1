"""Partners over HTTP: what each said of late, what of it failed, what it holds and what it owes."""

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest

from adapters.postgres import source_reads
from tests.api.server import Api
from tests.integration.messages import approve
from tests.stage import Stage

pytestmark = pytest.mark.integration
WHY = {"why": "looks odd"}
SOURCE = "/partners/test"
MANY = """INSERT INTO journal (order_id, seq, version, shard, batch, n, outcome, source, event_id, digest, type, topic,
    partition, "offset", occurred_at, appended_at, data, rules, transitions)
  SELECT 'o-' || i, 1, 1, i % 2, i, 0, 'applied', '/s/' || i % 3, 'e-' || i, '', 't.v1', 'shop.events', 0, i, now(),
    now(), '{}', 1, '{}' FROM generate_series(1, 20000) AS i"""


async def test_a_partner_is_shown_with_what_it_said_and_what_failed(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    headers = [("ce_specversion", b"1.0"), ("ce_source", SOURCE.encode()), ("ce_type", b"fraud.scored.v1")]
    headers += [("ce_id", b"b-1"), ("ce_subject", b"o-1")]
    await api.stage.write("fraud.events", key=b"o-1", value=b"{}", headers=headers, partition=0)
    await api.stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'dead_letter'")
    await api.act("/v1/ops/partners/pause", WHY | {"source": SOURCE})

    listed = (await api.get("/v1/ops/partners")).json()
    by_path = await api.get(f"/v1/ops/partners/{quote(SOURCE, safe='')}")
    by_name = await api.get(f"/v1/ops/partners/~{urlsafe_b64encode(SOURCE.encode()).decode().rstrip('=')}")

    (partner,) = listed["items"]
    assert (partner["source"], listed["since"]) == (SOURCE, None)
    assert by_name.json() == by_path.json()
    assert by_path.json() == partner | {"since": None, "hours": by_path.json()["hours"]}
    told = {(each["topic"], each["type"]): each["count"] for each in partner["heard"]}
    assert told["fraud.events", "fraud.scored.v1"] == 1
    assert partner["events"] == sum(told.values())
    assert partner["last_event"] == max(each["last"] for each in partner["heard"])
    assert [(each["kind"], each["count"]) for each in partner["failing"]] == [("dead_letter", 1)]
    assert (partner["paused"]["who"], partner["paused"]["why"]) == ("ann", "looks odd")


async def test_a_key_tells_when_it_was_used_last(beside: Api) -> None:
    made = await beside.act("/v1/partner-keys", {"source": "/shops/x", "topics": ["shop.events"]})
    key = made.json()

    async def used() -> Any:
        (partner,) = (await beside.get("/v1/ops/partners")).json()["items"]
        return partner["keys"][0]["used_at"]

    before = await used()
    headers = {"Authorization": f"Bearer {key['key']}", "Content-Type": "application/cloudevents+json"}
    for _ in range(3):
        await beside.client.post(f"{beside.base}/v1/events", content=b"{}", headers=headers)
    first = await used()
    await beside.client.post(f"{beside.base}/v1/events", content=b"{}", headers=headers)

    assert before is None
    assert first is not None
    assert await used() == first
    assert (await beside.get("/v1/partner-keys")).json()["items"][0]["used_at"] == first


async def test_answers_that_are_late_are_counted_by_who_owes_them(beside: Api) -> None:
    await beside.stage.change(
        """INSERT INTO reason_list (order_id, i, number, store, kind, what, by, "do", due_at, blocking, at)
        SELECT 'o-' || i, 0, '', 'lille', kind, 'availability.confirmed', 'warehouse', '', now(), false, now()
        FROM unnest(ARRAY['overdue', 'overdue', 'fraud']) WITH ORDINALITY AS row(kind, i)"""
    )

    overdue = (await beside.get("/v1/ops/partners")).json()["overdue"]

    assert [(each["by"], each["what"], each["count"]) for each in overdue] == [
        ("warehouse", "availability.confirmed", 2)
    ]


@pytest.mark.parametrize("name", ["%2Fnobody", "~L25vYm9keQ", "~%FF", "~a"])
async def test_a_partner_that_nobody_knows_is_not_found(beside: Api, name: str) -> None:
    answer = await beside.get(f"/v1/ops/partners/{name}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_of_a_large_journal_so_many_rows_of_each_shard_are_looked_at(stage: Stage) -> None:
    await stage.change(MANY)
    await stage.change("ANALYZE journal")

    heard, since = await source_reads.heard(stage.engine, 300)

    assert [each.source for each in heard] == ["/s/0", "/s/1", "/s/2"]
    assert sum(each.count for each in heard) == 600
    assert since is not None
    plan = await stage.rows(f"EXPLAIN {source_reads._HEARD.text.replace(':rows', '300')}")
    assert "Seq Scan on journal" not in str(plan), plan
