"""What partners said by the hour: counted once from what is stored, whoever takes the samples."""

from typing import Any

import pytest

from adapters.postgres import partner_hours
from tests.api.server import Api, running_api
from tests.stage import Stage

pytestmark = pytest.mark.integration
SAID = """INSERT INTO journal (order_id, seq, version, shard, batch, n, outcome, source, event_id, digest, type, topic,
    partition, "offset", occurred_at, appended_at, data, rules, transitions, refers_to)
  SELECT 'o-' || b.batch || '-' || (CAST(:n AS int) + i), 1, 1, 0, b.batch, CAST(:n AS int) + i, :outcome,
    replace(:source, '#', i::text), 'e-' || i, '', 't.v1', 'shop.events', 0, i, now(), now(), '{}', 1, '{}',
    CAST(:refers AS bigint)
  FROM (VALUES (CAST(:batch AS bigint))) AS b (batch), generate_series(1, CAST(:count AS int)) AS i"""
FAILED = """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, source)
  VALUES (0, :batch, 1, :kind, 'odd', 'd', 'shop.events', '/partners/a')"""
PATH = "/v1/ops/partners/%2Fpartners%2Fa"


async def said(stage: Stage, batch: int, source: str, count: int, outcome: str = "applied", n: int = 0) -> None:
    await stage.change(SAID, batch=batch, source=source, count=count, outcome=outcome, n=n, refers=None)


async def stored(stage: Stage, batch: int) -> None:
    """Let a batch be stored, as its last step is."""
    await stage.change("UPDATE shard SET batch = :batch WHERE k = 0", batch=batch)


async def summed(api: Api) -> dict[str, int]:
    hours: list[dict[str, Any]] = (await api.get(PATH)).json().get("hours", [])
    return {name: sum(each[name] for each in hours) for name in ("events", "late", "failed")}


async def test_events_are_counted_once_by_their_source_and_hour(beside: Api) -> None:
    stage = beside.stage
    await stage.until_rows("SELECT 1 FROM sample WHERE marks IS NOT NULL")
    await said(stage, 1, "/partners/a", 5)
    await said(stage, 1, "/hub/orders", 7, n=10)
    await said(stage, 2, "/partners/a", 2, "late")
    await stage.change(SAID, batch=3, source="/partners/a", count=4, outcome="applied", n=0, refers=0)
    for kind in ("dead_letter", "quarantined", "waiting"):
        await stage.change(FAILED, batch=3, kind=kind)
    for batch in (1, 2, 3):
        await stored(stage, batch)
    told = {"events": 7, "late": 2, "failed": 2}

    async def counted() -> bool:
        return await summed(beside) == told

    async with running_api(stage, project=False):  # two of them take samples
        await stage.until(counted, "everything is counted")
        samples = len(await stage.rows("SELECT 1 FROM sample"))
        await stage.until_rows("SELECT 1 FROM sample", samples + 3)
        again = await summed(beside)

    hours = (await beside.get(PATH)).json()["hours"]
    assert again == told
    assert len(hours) == 24
    assert [each["hour"] for each in hours] == sorted(each["hour"] for each in hours)
    assert await stage.rows("SELECT 1 FROM partner_hour WHERE source LIKE '/hub/%'") == []


async def test_who_makes_sources_up_is_counted_under_none_of_them(beside: Api) -> None:
    stage, many = beside.stage, partner_hours.ROOM + 100
    await stage.until_rows("SELECT 1 FROM sample WHERE marks IS NOT NULL")
    await said(stage, 1, "/made/up/#", many)
    await said(stage, 1, "/made/up/1", 1, n=5000)
    await stored(stage, 1)
    summed_up = "SELECT sum(events) AS events FROM partner_hour HAVING sum(events) = :all"
    await stage.until_rows(summed_up, all=many + 1)
    await said(stage, 2, "/made/up/1", 3)
    await stored(stage, 2)
    await stage.until_rows(summed_up, all=many + 4)

    rows = await stage.rows("SELECT source, sum(events) AS events FROM partner_hour GROUP BY source")

    by_source = {row["source"]: int(row["events"]) for row in rows}
    assert by_source["/made/up/1"] == 5
    assert by_source[""] == 100
    assert len(by_source) == partner_hours.ROOM + 1


async def test_those_who_are_counted_already_take_no_room_of_those_who_come(beside: Api) -> None:
    stage, half = beside.stage, partner_hours.ROOM // 2 + 50
    await stage.until_rows("SELECT 1 FROM sample WHERE marks IS NOT NULL")
    await said(stage, 1, "/known/#", half)
    await stored(stage, 1)
    summed_up = "SELECT sum(events) AS events FROM partner_hour HAVING sum(events) = :all"
    await stage.until_rows(summed_up, all=half)
    await said(stage, 2, "/known/#", half)
    await said(stage, 2, "/new/#", 10, n=5000)
    await stored(stage, 2)
    await stage.until_rows(summed_up, all=2 * half + 10)

    rows = await stage.rows("SELECT DISTINCT source FROM partner_hour WHERE source NOT LIKE '/known/%'")

    assert len(rows) == 10
    assert all(row["source"].startswith("/new/") for row in rows)


async def test_a_partner_that_said_nothing_of_late_is_known_by_its_hours(beside: Api) -> None:
    row = (
        "INSERT INTO partner_hour VALUES (date_trunc('hour', now()) - :ago * interval '1 hour', '/partners/a', 3, 1, 2)"
    )
    await beside.stage.change(row, ago=30)
    before = await beside.get(PATH)
    await beside.stage.change(row, ago=2)

    found = await beside.get(PATH)

    assert (before.status_code, found.status_code) == (404, 200)
    assert await summed(beside) == {"events": 3, "late": 1, "failed": 2}
    assert (found.json()["events"], found.json()["heard"]) == (0, [])


async def test_hours_are_dropped_after_two_days(beside: Api) -> None:
    row = "INSERT INTO partner_hour VALUES (now() - :days * interval '1 day', '/partners/a', 3, 1, 2)"
    for days in (1, 3):
        await beside.stage.change(row, days=days)
    async with beside.stage.engine.begin() as connection:
        assert await partner_hours.tidy(connection) == 1
