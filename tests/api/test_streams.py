"""Streams of events: each once and in order, whatever process answers, and nobody sees what is not his."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from adapters import tokens
from hub.desk.live import feed, tail
from tests.api.books import Books, published
from tests.api.follower import Follower, Following, pages, told
from tests.api.server import Api, api_settings, running_api
from tests.e2e.fleet import Fleet
from tests.integration.messages import approve
from tests.stage import TOKEN_KEY, Stage

pytestmark = pytest.mark.integration

HANG_UP = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


# -- each once, in order ---------------------------------------------------------------------------------------------


async def test_events_come_once_in_the_order_of_their_shard(
    books: Books, stage: Stage, follower: Following, memory: str
) -> None:
    for _ in range(5):
        await books.store("a", "b", "c", "a", "d")
    async with running_api(stage, project=False) as api:
        reader = await follower().open(api.base, "?after=start")
        assert await reader.until(25)
        await books.store("a", "b", "e")
        assert await reader.until(28)

        assert reader.told(2) == books.told
        items, _ = await pages(api)
        assert told(items, 2) == books.told


async def test_from_every_event_a_reader_goes_on_at_another_process(
    books: Books, stage: Stage, follower: Following, memory: str
) -> None:
    await books.store("a", "b", "c", "a", events=2)
    await books.store("b", "d", "a", events=3)
    reader = follower()
    async with running_api(stage, project=False) as one, running_api(stage, project=False) as other:
        for count in range(1, 18):
            await reader.open((one, other)[count % 2].base, "?after=start")
            assert await reader.until(count)
        await books.store("c", "d")
        await reader.open(one.base)
        assert await reader.until(19)

    assert reader.told(2) == books.told


async def test_of_real_orders_the_stream_has_what_the_journal_has(api: Api, follower: Following) -> None:
    reader = await follower().open(api.base, "?after=start")
    orders = [f"o-{number}" for number in range(6)]
    for order in orders:
        await approve(api.stage, order)
    for order in orders:
        await api.stage.until_state(order, "availability_requested")

    stored = await published(api.stage)
    assert await reader.until(sum(map(len, stored.values())))
    assert reader.told(2) == stored
    assert {event["data"]["cause"]["topic"] for event in reader.seen} == {
        "shop.events",
        "payment.events",
        "fraud.events",
    }


@pytest.mark.e2e
async def test_killed_again_and_again_the_api_tells_each_event_once(
    stage: Stage, follower: Following, tmp_path: Path, unused_tcp_port: int
) -> None:
    stage.settings = api_settings(stage, port=unused_tcp_port)
    stage.start_hub()
    fleet = Fleet(stage, tmp_path, seed=1, command=("api",))
    orders = [f"o-{number}" for number in range(40)]
    trade = asyncio.create_task(_trade(stage, orders))
    reader = follower()
    try:
        for kills in range(3):
            member = await fleet.start()
            await _open(reader, unused_tcp_port)
            await reader.until(len(reader.seen) + 20)
            if kills < 2:
                member.process.kill()
                await member.process.wait()
        await trade
        await stage.until_read()
        stored = await published(stage)
        await reader.until(sum(map(len, stored.values())))
    finally:
        trade.cancel()
        await fleet.stop()

    assert reader.told(2) == stored
    assert reader.resets == 0


async def _trade(stage: Stage, orders: Sequence[str]) -> None:
    for order in orders:
        await approve(stage, order)


async def _open(reader: Follower, port: int) -> None:
    async with asyncio.timeout(40):
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await reader.open(f"http://127.0.0.1:{port}", "?after=start")
                return
            await asyncio.sleep(0.05)


async def test_hundreds_of_readers_get_everything(books: Books, beside: Api, follower: Following) -> None:
    readers = [follower(name=f"reader-{number // 4}") for number in range(300)]
    for reader in readers:
        await reader.open(beside.base, "?after=start")
    following = [asyncio.create_task(reader.until(60)) for reader in readers]
    for _ in range(6):
        await books.store(*(f"o-{number}" for number in range(10)))
    await asyncio.gather(*following)

    assert all(reader.told(2) == books.told for reader in readers)


async def test_a_burst_cuts_nobody_who_reads(books: Books, beside: Api, follower: Following) -> None:
    readers = [await follower(name=f"reader-{number}").open(beside.base) for number in range(20)]
    for reader in readers:
        await reader.next()
    await books.store(*(f"o-{number % 50}" for number in range(2_000)))
    await asyncio.gather(*(reader.until(2_000) for reader in readers))

    assert all(reader.told(2) == books.told for reader in readers)


async def test_a_stream_outlives_the_connections_to_the_database(
    books: Books, beside: Api, follower: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "LATER_SECONDS", 0.1)
    reader = await follower().open(beside.base)
    for _ in range(3):
        await books.store("a", "b")
        assert await reader.until(sum(map(len, books.told.values())))
        await beside.stage.change(HANG_UP)

    assert reader.told(2) == books.told


# -- where a stream ends ---------------------------------------------------------------------------------------------


async def test_who_does_not_read_is_cut_and_comes_back_by_his_cursor(
    books: Books, beside: Api, follower: Following
) -> None:
    slow = await follower(name="slow").open(beside.base, buffer=4096)
    quick = await follower(name="quick").open(beside.base)
    await slow.next()
    await quick.next()
    for _ in range(10):
        await books.store(*(f"o-{number}" for number in range(50)), filling=20_000)

    assert await quick.until(500)
    assert quick.told(2) == books.told
    await slow.to_the_end()
    assert slow.bye in (None, "slow")
    assert len(slow.seen) < 500
    await slow.open(beside.base)
    assert await slow.until(500)
    assert slow.told(2) == books.told


async def test_a_stream_ends_when_the_token_does(beside: Api, follower: Following) -> None:
    reader = follower()
    reader.token = tokens.create(TOKEN_KEY, "ann", tokens.SCOPES, ["*"], timedelta(seconds=8))
    await reader.open(beside.base)

    await reader.to_the_end()

    assert reader.bye == "token"


async def test_a_process_that_ends_says_so_and_readers_go_on_elsewhere(
    books: Books, stage: Stage, follower: Following
) -> None:
    reader = follower()
    async with running_api(stage, project=False) as first:
        await reader.open(first.base)
        await books.store("a")
        assert await reader.until(1)
        ending = asyncio.create_task(reader.to_the_end())
        poll = asyncio.create_task(first.get("/v1/events?wait=20"))
    await ending
    assert reader.bye == "restart"
    assert 2000 <= reader.retry <= 4000
    with suppress(Exception):
        await poll
    await books.store("b")
    async with running_api(stage, project=False) as second:
        await reader.open(second.base)
        assert await reader.until(2)


async def test_readers_come_back_where_the_tailer_fails(
    books: Books, beside: Api, follower: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = await follower().open(beside.base)
    await reader.next()
    with monkeypatch.context() as broken:
        broken.setattr(feed, "events_of", lambda row, shard: 1 / 0)
        await books.store("a", "b")
        await reader.to_the_end()
    assert reader.bye == "restart"

    await reader.open(beside.base)
    assert await reader.until(2)


async def test_a_tailer_rests_while_nobody_reads(
    books: Books, beside: Api, follower: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "IDLE_SECONDS", 0)
    after = "start"
    for count in range(1, 4):
        await books.store("a", "b")

        async def resting() -> bool:
            return not [task for task in asyncio.all_tasks() if task.get_name() == "live"]

        await beside.stage.until(resting, "no tailer is at work")
        items, after = await pages(beside, "&wait=20", after=after)
        assert sorted(item["id"] for item in items) == [f"a:{count}:0", f"b:{count}:0"]


async def test_a_fifth_stream_has_to_wait(beside: Api, follower: Following) -> None:
    readers = [await follower().open(beside.base) for _ in range(5)]
    assert [each.status for each in readers] == [200] * 4 + [429]
    assert (await follower(name="ben").open(beside.base)).status == 200
    await readers[0].leave()

    async def free() -> bool:
        return (await readers[4].open(beside.base)).status == 200

    await beside.stage.until(free, "there is room for another stream")


# -- what a reader sees ----------------------------------------------------------------------------------------------


async def test_events_of_foreign_stores_are_never_seen(
    books: Books, stage: Stage, follower: Following, memory: str
) -> None:
    async def trade() -> None:
        await books.store("a", "b", store="lille")
        await books.store("c", "d", store="paris")
        await books.store("e", "f", store=None)

    await trade()
    async with running_api(stage, project=False) as api:
        paris = await follower(name="paris", stores=["paris"]).open(api.base, "?after=start")
        both = await follower(name="both", stores=["paris", "lille"]).open(api.base, "?after=start&store=paris")
        everybody = await follower(name="all").open(api.base, "?after=start")
        foreign = await follower(name="rome", stores=["rome"]).open(api.base, "?after=start&order_id=a")
        await trade()
        assert await everybody.until(12)
        await trade()
        for reader in (paris, both):
            assert await reader.until(6)
            assert {event["subject"] for event in reader.seen} == {"c", "d"}
        assert await everybody.until(18)
        items, after = await pages(api.as_(stores=["paris"]))
        assert [item["subject"] for item in items].count("c") == 3
        assert {item["subject"] for item in items} == {"c", "d"}
        assert (await pages(api.as_(stores=["rome"])))[0] == []
        await books.store("c", store="paris")
        assert [item["id"] for item in (await pages(api, "&wait=20", after=after))[0]] == ["c:4:0"]
    await foreign.to_the_end()
    assert foreign.seen == []


async def test_who_may_not_read_orders_sees_no_events(beside: Api, follower: Following) -> None:
    for scope in ("orders.operate", "return.receive", "webhooks.manage"):
        assert (await follower(scope).open(beside.base)).status == 403
        assert (await beside.as_(scope).get("/v1/events")).status_code == 403
    nobody = follower()
    nobody.token = "nobody"
    assert (await nobody.open(beside.base)).status == 401


WISHES = {
    "types=order.sent.v1": ["a:2:0", "b:2:0"],
    "types=order.sent.v1,order.delivered.v1": ["a:2:0", "a:3:0", "b:2:0"],
    "types=order.sent.v1&types=order.delivered.v1&order_id=a": ["a:2:0", "a:3:0"],
    "order_id=b": ["b:1:0", "b:2:0"],
    "order_id=b&order_id=c": ["b:1:0", "b:2:0", "c:1:0"],
    "store=paris": ["c:1:0"],
    "store=rome": [],
    "order_id=nobody": [],
}


async def test_filters_leave_out_what_is_not_wished_for(
    books: Books, stage: Stage, follower: Following, memory: str
) -> None:
    await books.store("a", "b")
    await books.store("c", store="paris")
    await books.store("a", "b", kind="order.sent.v1")
    await books.store("a", kind="order.delivered.v1")
    readers = {query: follower(name=query) for query in WISHES}
    async with running_api(stage, project=False) as api:
        for query, ids in WISHES.items():
            items, _ = await pages(api, f"&{query}", limit=2)
            assert sorted(item["id"] for item in items) == ids, query
            await readers[query].open(api.base, f"?after=start&{query}")
            assert await readers[query].until(len(ids))
    for query, reader in readers.items():
        await reader.to_the_end()
        assert sorted(event["id"] for event in reader.seen) == WISHES[query], query


# -- polling ---------------------------------------------------------------------------------------------------------


async def test_a_poll_waits_for_what_it_wishes_for(books: Books, beside: Api) -> None:
    await books.store("c")
    first = (await beside.get("/v1/events")).json()
    assert (first["items"], first["more"], first["reset"]) == ([], False, False)
    after = first["next_cursor"]
    poll = asyncio.create_task(beside.get(f"/v1/events?after={after}&wait=20&types=order.sent.v1"))
    await books.store("a", "b")
    await books.store("a", kind="order.sent.v1")

    page = (await poll).json()

    assert [item["id"] for item in page["items"]] == ["a:2:0"]
    assert page["more"] is False
    assert (await pages(beside, after=page["next_cursor"]))[0] == []
