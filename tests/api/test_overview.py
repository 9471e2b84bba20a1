"""The hub at a glance: what its figures count is what it has stored, once, whoever takes them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters import tokens
from adapters.postgres import samples
from hub.api.watching import Watch
from hub.desk import figures
from tests.api.server import Api, running_api
from tests.integration.messages import approve
from tests.stage import TOKEN_KEY, Stage

pytestmark = pytest.mark.integration
ROW = "INSERT INTO set_aside (shard, batch, n, kind, code, detail) VALUES (0, 1, 1, 'dead_letter', 'odd', 'd')"


async def sampled(stage: Stage) -> list[dict[str, Any]]:
    return await stage.rows("SELECT at, figures, marks FROM sample WHERE step = 1 ORDER BY at")


async def test_what_is_counted_is_what_is_stored(stage: Stage) -> None:
    stage.start_hub()
    await stage.until_rows("SELECT 1 FROM member")
    before = await figures.sample(stage.desk)
    for number in range(6):
        await approve(stage, f"o-{number}")
        await asyncio.gather(*(figures.sample(stage.desk) for _ in range(3)))
    await stage.until_read()
    (rows,) = await stage.rows("SELECT count(*) FROM journal")

    async def all_counted() -> bool:
        await figures.sample(stage.desk)
        taken = await sampled(stage)  # the unread records are counted first, so that the last decisions are after them
        return bool(round(sum(_counts(taken, "decided"))) >= rows["count"] and taken[-1]["figures"]["lag"] == 0)

    await stage.until(all_counted, "all that was decided is counted, and nothing is unread")
    taken = await sampled(stage)
    assert before is not None
    assert round(sum(_counts(taken, "decided"))) == rows["count"]
    by_outcome = {row["outcome"]: row["count"] for row in await stage.rows(_OUTCOMES)}
    assert {name: round(sum(_counts(taken, name))) for name in by_outcome} == by_outcome
    assert all({"applied", "refused", "late", "parked", "failed"} <= each["figures"].keys() for each in taken[1:])
    slowest = [each["figures"]["p99_ms"] for each in taken if each["figures"].get("p99_ms") is not None]
    assert slowest
    assert all(0 <= each < 60_000 for each in slowest)


_OUTCOMES = "SELECT outcome, count(*) FROM journal GROUP BY outcome"


def _counts(taken: list[dict[str, Any]], name: str) -> list[float]:
    """How many each sample counted."""
    return [(now["figures"].get(name) or 0) * (now["at"] - then["at"]).total_seconds() for then, now in pairwise(taken)]


async def test_what_failed_once_is_counted_once_however_long_the_step(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await stage.until_read()
    await samples.take(stage.engine, {})
    await stage.write("shop.events", key=b"o-1", value=b"{", headers=[("ce_id", b"x")], partition=0)
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'dead_letter'")

    async def counted() -> float:
        await samples.take(stage.engine, {})
        return sum(_counts(await sampled(stage), "failed"))

    await stage.until(counted, "the dead letter is counted")
    taken = (await sampled(stage))[1:]
    assert round(sum(_counts(await sampled(stage), "failed"))) == 1
    whole = samples.combined([each["figures"] for each in taken])
    mean = sum(each["figures"]["failed"] for each in taken) / len(taken)
    assert whole["failed"] == pytest.approx(mean)


async def test_a_look_that_fails_is_told_to_nobody_as_an_earlier_one(stage: Stage) -> None:
    now = 1000.0
    watch = Watch(lambda: now)
    first = await watch.overview(stage.desk)
    away = replace(stage.desk, engine=create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none"))
    now += 60

    for _ in range(2):
        with pytest.raises(OSError, match=r"."):
            await watch.overview(away)
    await away.engine.dispose()
    assert first.health.shards


async def test_a_second_is_taken_once_by_whoever_comes_first(stage: Stage) -> None:
    taken = await asyncio.gather(*(samples.take(stage.engine, {}) for _ in range(8)))

    assert sum(each is not None for each in taken) == 1
    assert len(await sampled(stage)) == 1


async def test_what_was_stored_is_read_once_for_figures_and_partners(stage: Stage) -> None:
    asked: list[str] = []

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    await samples.take(stage.engine, {})
    await stage.change("UPDATE sample SET at = at - interval '2 seconds'")
    event.listen(stage.engine.sync_engine, "before_cursor_execute", hear)
    found = await samples.take(stage.engine, {})
    event.remove(stage.engine.sync_engine, "before_cursor_execute", hear)

    assert found is not None
    assert "decided" in found.figures
    for table in ("journal", "set_aside"):
        assert sum(statement.count(f"FROM {table}") for statement in asked) == 1


async def test_after_a_pause_nothing_is_a_mean_over_it(stage: Stage) -> None:
    await samples.take(stage.engine, {})
    await stage.change("UPDATE sample SET at = at - interval '2 minutes'")

    found = await samples.take(stage.engine, {"lag": 3.0})

    assert found is not None
    assert found.figures == {"lag": 3.0}


async def test_seconds_become_longer_steps_and_old_ones_go(stage: Stage) -> None:
    now = datetime.now(UTC)
    begin = datetime.fromtimestamp(now.timestamp() // 10 * 10 - 10, UTC)
    row = """INSERT INTO sample (step, at, figures, marks) VALUES (1, :at, CAST(:figures AS jsonb),
      '{"batches": {}, "said": {}}')"""
    for second in range(10):
        told = {"decided": second, "p99_ms": 10 * second, "lag": None}
        await stage.change(row, at=begin + timedelta(seconds=second), figures=json.dumps(told))
    await stage.change(row, at=begin - timedelta(hours=2), figures='{"decided": 99}')

    await samples.take(stage.engine, {})

    longer = await stage.rows("SELECT at, figures FROM sample WHERE step = 10")
    assert longer == [{"at": begin, "figures": {"decided": 4.5, "p99_ms": 90, "lag": None}}]
    assert min(each["at"] for each in await sampled(stage)) == begin


async def test_operators_see_the_hub_at_a_glance_and_over_time(api: Api) -> None:
    await approve(api.stage, "o-1")

    async def counted() -> bool:
        told = (await api.get("/v1/ops/metrics", params={"window": "5m"})).json()
        return any(told["series"].get("decided", []))

    async def ready() -> dict[str, Any] | None:
        told: dict[str, Any] = (await api.get("/v1/ops/overview")).json()
        return told if told["health"]["ready"] and told["sample"]["figures"]["lag"] is not None else None

    await api.stage.until(counted, "the figures show what was decided")
    told = await api.stage.until(ready, "every process has said that its shards work")
    series = (await api.get("/v1/ops/metrics", params={"window": "5m"})).json()

    assert told["health"]["shards"] == api.settings.shards
    assert (told["failed"], told["paused"]) == ([], [])
    assert series["step_seconds"] == 1
    assert {len(each) for each in series["series"].values()} == {len(series["at"])}
    assert series["at"] == sorted(series["at"])


@pytest.mark.parametrize(("window", "step"), [("5m", 1), ("1h", 60), ("5h", 60), ("50h", 600), ("14d", 5400)])
async def test_a_longer_window_has_longer_steps(beside: Api, window: str, step: int) -> None:
    told = await beside.get("/v1/ops/metrics", params={"window": window})

    assert told.json()["step_seconds"] == step


@pytest.mark.parametrize("window", ["15d", "0m", "5", "-5m", "5m;", "999999d"])
async def test_a_window_that_is_none_is_refused(beside: Api, window: str) -> None:
    told = await beside.get("/v1/ops/metrics", params={"window": window})

    assert (told.status_code, told.json()["code"]) == (422, "data_invalid")


async def test_only_who_operates_or_audits_looks(beside: Api) -> None:
    found = {}
    for scope in ("orders.operate", "audit.read", "orders.read"):
        caller = beside.as_(scope)
        found[scope] = {(await caller.get(f"/v1/ops/{path}")).status_code for path in ("overview", "metrics")}

    assert found == {"orders.operate": {200}, "audit.read": {200}, "orders.read": {403}}


@asynccontextmanager
async def following(api: Api) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
    """The events of the operators' stream."""
    async with (
        httpx2.AsyncClient() as client,
        client.stream("GET", f"{api.base}/v1/ops/stream", headers=api._headers, timeout=60) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    kind = ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


async def _first(events: AsyncIterator[tuple[str, dict[str, Any]]], wanted: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        return await anext(data async for kind, data in events if kind == wanted)


async def test_the_stream_tells_what_changes_and_says_goodbye(stage: Stage) -> None:
    async with AsyncExitStack() as stack:
        async with running_api(stage, streams=1) as api:
            events = await stack.enter_async_context(following(api))
            began = {(await anext(events))[0] for _ in range(2)}
            second = await api.get("/v1/ops/stream")
            await api.act("/v1/ops/shards/0/pause", {"why": "a look"})
            told: dict[str, dict[str, Any]] = {}
            async with asyncio.timeout(30):
                while not {"health", "operation"} <= told.keys():
                    kind, data = await anext(events)
                    told[kind] = data
            ending = asyncio.create_task(_first(events, "bye"))
        goodbye = await ending

    assert began <= {"health", "sample"}
    assert (second.status_code, second.json()["code"]) == (429, "rate")
    assert (told["operation"]["action"], told["operation"]["why"]) == ("pause shard", "a look")
    assert any("stopped" in reason for reason in told["health"]["reasons"]), told["health"]
    assert goodbye == {"reason": "restart"}


async def test_operations_that_are_under_way_are_followed_to_their_end_however_many_came_since(beside: Api) -> None:
    stage = beside.stage
    await stage.change(
        """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, partition, "offset")
        VALUES (0, 1, 1, 'dead_letter', 'data_invalid', 'd', 'shop.events', 0, 1)"""
    )
    token = (await beside.act("/v1/ops/failed/preview", {})).json()["choice_token"]
    first = (await beside.act("/v1/ops/failed/retry", {"why": "first", "choice_token": token})).json()["id"]
    for number in range(6):
        await beside.act("/v1/ops/partners/pause", {"why": "later", "source": f"/partners/{number}"})

    async with following(beside) as events, asyncio.timeout(30):
        begun = await anext(data async for kind, data in events if kind == "operation" and data["id"] == first)
        await stage.change("UPDATE set_aside SET closed_batch = 2, closed_as = 'applied', asked = NULL")
        ended = await anext(data async for kind, data in events if kind == "operation" and data["id"] == first)

    assert (begun["waiting"], begun["became"]) == (1, {})
    assert (ended["waiting"], ended["became"], ended["failed"]) == (0, {"applied": 1}, 0)


async def test_the_stream_ends_with_its_token(beside: Api) -> None:
    short = tokens.create(TOKEN_KEY, "ann", ["orders.operate"], ["*"], timedelta(seconds=8))
    brief = replace(beside, _headers={"Authorization": f"Bearer {short}"})

    async with following(brief) as events:
        goodbye = await _first(events, "bye")

    assert goodbye == {"reason": "token"}


async def test_causes_of_failures_are_counted_every_five_seconds_and_the_rest_every_second(beside: Api) -> None:
    now = 1000.0
    watch = Watch(lambda: now, patience=60)
    stage, seen = beside.stage, []
    for _ in range(7):
        told = await watch.overview(stage.desk)
        seen.append((sum(each.count for each in told.failed or ()), len(told.paused)))
        await stage.change(ROW)
        await stage.change("INSERT INTO pause (source, who, why) VALUES ('/p/' || :n, 'o', 'w')", n=str(now))
        now += 1

    assert seen == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (5, 5), (5, 6)]


async def test_what_takes_long_to_count_is_counted_seldom(beside: Api) -> None:
    now, engine = 1000.0, beside.stage.engine

    def pass_time(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal now
        now += 2 if "set_aside.code" in statement else 0

    watch, ages = Watch(lambda: now, patience=60), []
    event.listen(engine.sync_engine, "before_cursor_execute", pass_time)
    await watch.overview(beside.stage.desk)
    counted = now
    await beside.stage.change(ROW)
    while not (await watch.overview(beside.stage.desk)).failed:
        ages.append(now - counted)
        now += 1
    event.remove(engine.sync_engine, "before_cursor_execute", pass_time)

    assert ages == list(range(40))


async def test_a_count_that_fails_is_not_begun_anew_by_each_who_asks_and_the_last_one_is_told(beside: Api) -> None:
    now, begun, stage = 1000.0, 0, beside.stage
    watch = Watch(lambda: now, patience=60)

    def fail(_: object, __: object, statement: str, *___: object) -> None:
        nonlocal begun
        if "set_aside.code" in statement:
            begun += 1
            raise TimeoutError

    await stage.change(ROW)
    await watch.overview(stage.desk)
    await stage.change(ROW)
    now += 5
    event.listen(stage.engine.sync_engine, "before_cursor_execute", fail)
    told = []
    for _ in range(5):
        told.append((await watch.overview(stage.desk)).failed)
        now += 1
    event.remove(stage.engine.sync_engine, "before_cursor_execute", fail)
    after = (await watch.overview(stage.desk)).failed

    assert [[each.count for each in failed or ()] for failed in told] == [[1]] * 5
    assert begun == 1
    assert [each.count for each in after or ()] == [2]


async def test_a_count_that_takes_long_keeps_nobody_waiting_and_goes_on(beside: Api) -> None:
    now, begun, stage = 1000.0, 0, beside.stage
    watch = Watch(lambda: now, patience=0.01)

    def wait(_: object, cursor: Any, statement: str, *__: object) -> None:
        nonlocal begun
        if "set_aside.code" in statement:
            begun += 1
            cursor.execute("SELECT pg_advisory_xact_lock(7)")

    await stage.change(ROW)
    event.listen(stage.engine.sync_engine, "before_cursor_execute", wait)
    async with stage.engine.begin() as held:
        await held.execute(text("SELECT pg_advisory_xact_lock(7)"))
        told = []
        for _ in range(10):
            told.append((await watch.overview(stage.desk)).failed)
            now += 10

    async def counted() -> bool:
        nonlocal now
        now += 1
        return bool((await watch.overview(stage.desk)).failed)

    await stage.until(counted, "what was begun is counted")
    event.remove(stage.engine.sync_engine, "before_cursor_execute", wait)
    await watch.close()

    assert told == [None] * 10
    assert begun == 1
