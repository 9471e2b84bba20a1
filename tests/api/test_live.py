"""What the live stream is made of, without servers: cursors, the ring, and readers who are quick, slow or gone."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.desk.live import reader as readers
from hub.desk.live.cursor import START, Cursor, CursorIsInvalid, Position, read
from hub.desk.live.event import Event, Told, Wish
from hub.desk.live.reader import MOST_EVENTS, Reader, Reason
from hub.desk.live.ring import Ring

MARK = b"marked"
ALL = Wish(None)
places = st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))


def event(shard: int, end: Position, size: int = 2, store: str = "lille") -> Event:
    return Event(shard, end, "order.sent.v1", f"o-{end[0]}", store, b"x" * size)


@given(st.lists(places, min_size=1, max_size=12))
def test_a_cursor_is_read_back(positions: list[Position]) -> None:
    found = read(Cursor(MARK, positions).text)

    assert (found.mark, list(found)) == (MARK, positions)


@given(st.lists(places, min_size=1, max_size=3), st.data())
def test_a_cursor_that_is_cut_or_continued_is_refused(positions: list[Position], data: st.DataObject) -> None:
    text = Cursor(MARK, positions).text
    cut = data.draw(st.integers(0, len(text) - 2))

    for broken in (text[:cut], text + "AAAA", f"{text}="):
        with pytest.raises(CursorIsInvalid):
            read(broken)


def test_a_cursor_of_a_thousand_shards_fits_into_a_header() -> None:
    text = Cursor(MARK, [(10**9, 2000, 9)] * 1024).text

    assert len(text) < 16_000
    assert len(read(text)) == 1024


def test_a_moved_cursor_says_what_a_new_one_would() -> None:
    cursor = Cursor(MARK, [START, START])
    assert cursor.text == Cursor(MARK, [START, START]).text
    cursor.move(1, (7, 3, 200))
    other = cursor.copy()
    other.move(0, (1, 0, 0))

    assert cursor.text == Cursor(MARK, [START, (7, 3, 200)]).text
    assert cursor.grow(4)
    assert list(cursor) == [START, (7, 3, 200), START, (7, 0, 0)]
    assert not cursor.grow(6)


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(1, 30), st.integers(1, 5), st.data())
def test_from_wherever_it_reaches_the_ring_tells_the_rest_in_order(
    shards: list[int], most: int, page: int, data: st.DataObject
) -> None:
    ring, everything = Ring(Cursor(MARK, [START] * 3), most), []
    for number, shard in enumerate(shards):
        everything.append(event(shard, (number, 0, 1)))
        ring.add(everything[-1])
    cursor = Cursor(MARK, [data.draw(st.sampled_from(ends(everything, index))) for index in range(3)])
    rest = [each for each in everything if each.end > cursor[each.shard]]
    if not ring.reaches(cursor):
        assert len(rest) > most or len(everything) > most
        return
    seen, whole = [], False
    while not whole:
        told, whole = ring.after(cursor, ALL, page)
        seen += [each.event for each in told]
        if told and not whole:
            assert told[-1].cursor == cursor.text
            cursor = read(told[-1].cursor)

    assert [[e for e in seen if e.shard == i] for i in range(3)] == [
        [e for e in rest if e.shard == i] for i in range(3)
    ]
    assert list(cursor) == list(ring.tip)


def ends(events: Sequence[Event], shard: int) -> list[Position]:
    return [START, *(each.end for each in events if each.shard == shard)]


# -- readers ---------------------------------------------------------------------------------------------------------


class OneShard:
    """A feed of one shard whose ring is all there is."""

    def __init__(self) -> None:
        self.ring = Ring(Cursor(MARK, [START]))
        self.number = 0

    @property
    def cursor(self) -> Cursor:
        return self.ring.tip

    async def page(self, cursor: Cursor, wish: Wish, most: int) -> tuple[list[Told], bool]:
        return self.ring.after(cursor, wish, most)

    def add(self, *readers: Reader, size: int = 2, store: str = "lille") -> None:
        self.number += 1
        new = event(0, (self.number, 0, 1), size, store)
        self.ring.add(new)
        for reader in readers:
            if reader.wish.passes(new):
                reader.offer(Told(self.cursor.text, new))


def reading(feed: OneShard, wish: Wish = ALL) -> Reader:
    return Reader(feed, wish, Cursor(MARK, [START]), was_reset=False)


async def numbers(reader: Reader, most: int = 256) -> list[int]:
    return [told.event.end[0] for told in await reader.next(0, most)]


async def test_a_reader_catches_up_and_then_takes_what_comes() -> None:
    feed = OneShard()
    reader = reading(feed)
    feed.add(reader)
    feed.add(reader)

    assert await numbers(reader, 1) == [1]
    assert not reader.is_current
    feed.add(reader)
    assert await numbers(reader) == [2, 3]
    assert await numbers(reader) == []
    feed.add(reader)
    feed.add(reader)
    assert await numbers(reader, 1) == [4]
    assert read(reader.cursor)[0] == (4, 0, 1)
    assert await numbers(reader) == [5]
    assert reader.cursor == feed.cursor.text


async def test_what_a_reader_does_not_see_moves_his_cursor_on() -> None:
    feed = OneShard()
    reader = reading(feed, Wish(frozenset({"paris"})))
    await reader.next(0)
    feed.add(reader)
    feed.add(reader, store="paris")
    feed.add(reader)

    assert await numbers(reader) == [2]
    assert reader.cursor == feed.cursor.text


@pytest.mark.parametrize(("count", "size"), [(MOST_EVENTS + 1, 2), (3, 400_000)])
async def test_a_reader_for_whom_too_much_waits_is_cut_and_has_lost_nothing(count: int, size: int) -> None:
    feed = OneShard()
    reader = reading(feed)
    ended: list[Reason | None] = []
    reader.on_end = lambda: ended.append(reader.reason)
    feed.add(reader)
    assert await numbers(reader) == [1]
    for _ in range(count):
        feed.add(reader, size=size)

    assert await numbers(reader) == []
    assert ended == [Reason.SLOW]
    again = Reader(feed, ALL, read(reader.cursor), was_reset=False)
    assert await numbers(again, 1) == [2]


async def test_one_event_may_be_larger_than_what_may_wait() -> None:
    feed = OneShard()
    reader = reading(feed)
    await reader.next(0)
    feed.add(reader, size=2_000_000)

    assert await numbers(reader) == [1]


async def test_others_wait_for_a_reader_who_is_quick_and_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    feed, now = OneShard(), asyncio.get_running_loop().time()
    reader = reading(feed)
    await reader.next(0)
    for _ in range(MOST_EVENTS // 2 + 1):
        feed.add(reader)

    assert reader.is_crowded(now)
    assert not reader.is_crowded(now + 60)
    assert not reader.is_stuck(now + 30)
    assert reader.is_stuck(now + 90)


async def test_what_was_on_its_way_when_a_reader_was_sent_off_stays_behind_his_cursor() -> None:
    feed = OneShard()
    feed.add()
    reader = reading(feed)
    page, going = feed.page, asyncio.Event()

    async def held(cursor: Cursor, wish: Wish, most: int) -> tuple[list[Told], bool]:
        await going.wait()
        return await page(cursor, wish, most)

    feed.page = held  # type: ignore[method-assign]
    asking = asyncio.create_task(reader.next(0))
    await asyncio.sleep(0)
    reader.end(Reason.RESTART)
    going.set()

    assert await asking == []
    assert read(reader.cursor)[0] == START


async def test_a_reader_who_waits_hears_at_once_that_there_is_nothing_more() -> None:
    reader = reading(OneShard())
    waiting = asyncio.create_task(reader.next(readers.STUCK_SECONDS))
    await asyncio.sleep(0)
    reader.end(Reason.RESTART)

    assert await waiting == []
    reader.end(Reason.GONE)
    assert reader.reason is Reason.RESTART
