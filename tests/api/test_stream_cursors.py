"""Cursors of streams: refused where they are none, reset where they say nothing any more, good for split shards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.desk import growth
from hub.desk.live import cursor as cursors
from hub.desk.live import tail
from hub.desk.operations import Act
from tests.api.books import Books
from tests.api.follower import STREAM, Follower, Following, pages
from tests.api.server import Api, running_api
from tests.stage import Stage, Template, new_stage

pytestmark = pytest.mark.integration


UNREADABLE = ("", "x", "!", "AAAA", "a" * 40_000, "AQ", "AaWZBuXmvgICBgIBAAD_", "AaWZBuXmvgA")
UNKNOWN = {
    "types=order.sent": "data_invalid",
    "types=": "data_invalid",
    "limit=0": "data_invalid",
    "wait=21": "data_invalid",
    "order=a": "unknown_parameter",
}


async def test_what_is_no_cursor_and_no_filter_is_refused(beside: Api, follower: Following) -> None:
    for cursor in UNREADABLE:
        answer = await beside.get(f"/v1/events?after={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid"), cursor
        reader = follower()
        reader.last = cursor
        assert (await reader.open(beside.base)).status == (400 if cursor else 200)  # some send an empty header
    for query, code in UNKNOWN.items():
        answer = await beside.get(f"/v1/events?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, code), query
        assert (await beside.get(f"{STREAM}?{query}")).status_code == 422


async def test_a_cursor_that_says_nothing_here_is_reset(
    books: Books, stage: Stage, follower: Following, template: Template, tmp_path: Path
) -> None:
    await books.store("a", "b", "a")
    await books.store("a", "b", "a")
    async with running_api(stage, project=False) as api:
        _, end = await pages(api)
        begun = (await api.get("/v1/events?after=start&limit=1")).json()["next_cursor"]
        ahead = cursors.read(end)
        ahead.move(0, (99, 0, 0))
        await stage.change("DELETE FROM journal WHERE batch = 1")
        async with new_stage(template, tmp_path / "other") as elsewhere, running_api(elsewhere, project=False) as other:
            foreign = (await other.get("/v1/events")).json()["next_cursor"]
        for cursor in (begun, ahead.text, foreign):
            page = (await api.get(f"/v1/events?after={cursor}&wait=20")).json()
            assert (page["items"], page["reset"], page["next_cursor"]) == ([], True, end)
            reader = follower()
            reader.last = cursor
            await reader.open(api.base)
            await reader.next()
            assert (reader.resets, reader.last) == (1, end)
            await reader.leave()


async def test_a_cursor_of_a_process_that_has_seen_more_counts_at_one_that_has_not(
    books: Books, stage: Stage, follower: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "EVERY_SECONDS", 3600)  # from then on they only look when they have to
    async with running_api(stage, project=False) as late:
        blind = await follower(name="blind").open(late.base)
        await blind.next()
        await books.store("a", "b")
        reader = follower()
        async with running_api(stage, project=False) as early:
            reader.last = (await early.get("/v1/events")).json()["next_cursor"]
        await reader.open(late.base)
        await reader.next()

        assert reader.resets == 0
        assert await blind.until(2)


async def test_a_cursor_counts_when_the_shards_are_split(
    template: Template, tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [f"o-{number}" for number in range(12)]
    async with new_stage(template, tmp_path, partitions=4) as stage, running_api(stage, project=False) as api:
        books = Books(stage)
        for _ in range(3):
            await books.store(*orders, events=2)
        reader, cursors_ = await Follower(stage.token()).open(api.base, "?after=start"), [""]
        for count in range(1, 73):
            assert await reader.until(count)
            cursors_.append(reader.last or "")
        await growth.grow(stage.desk, Act("more", "ann"), 4)
        stage.settings = stage.settings.model_copy(update={"shards": 4})
        for _ in range(2):
            await books.store(*orders)

        assert await reader.until(96)
        async with running_api(stage, project=False) as fresh:
            for count in (1, 30, 50, 71):
                items, _ = await pages(fresh, after=cursors_[count], limit=50)
                assert by_order(reader.seen[:count] + items) == by_order(reader.seen)
        await reader.leave()
    twice = [f"{seq}:{n}" for seq in range(1, 4) for n in range(2)]
    assert by_order(reader.seen) == {o: [f"{o}:{each}" for each in (*twice, "4:0", "5:0")] for o in orders}


async def test_a_tailer_that_slept_while_shards_were_split_tells_an_orders_events_in_order(
    template: Template, tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [f"o-{number}" for number in range(12)]
    async with new_stage(template, tmp_path, partitions=4) as stage, running_api(stage, project=False) as api:
        monkeypatch.setattr(tail, "EVERY_SECONDS", 3600)
        books, reader = Books(stage), await Follower(stage.token()).open(api.base)
        await reader.next()
        for _ in range(3):
            await books.store(*orders)
        await growth.grow(stage.desk, Act("more", "ann"), 4)
        stage.settings = stage.settings.model_copy(update={"shards": 4})
        await books.store(*orders)
        async with running_api(stage, project=False) as fresh:
            items, end = await pages(fresh, limit=50)
        assert (await api.get(f"/v1/events?after={end}")).json()["reset"] is False  # it had to look

        assert await reader.until(48)
        await reader.leave()
    assert by_order(reader.seen) == {order: [f"{order}:{seq}:0" for seq in range(1, 5)] for order in orders}
    assert by_order(items) == by_order(reader.seen)


def by_order(events: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The ids of events by order, in their order."""
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event["subject"], []).append(event["id"])
    return found
