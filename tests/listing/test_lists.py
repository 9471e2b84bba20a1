"""Lists: pages that fit together, cursors, sorts, counts, stores, and how current they are."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.postgres import listing_queries
from domain.deciding.values import changed
from domain.orders.order import Order
from hub.desk import Desk, counts, listing, order_lists, work_lists
from hub.desk.errors import (
    CursorIsInvalid,
    CursorMismatches,
    ListingIsNotBuilt,
    ListIsTooWide,
    SortIsUnknown,
    SortNeedsFilter,
)
from hub.desk.listing import State
from hub.desk.order_lists import OrderFilter
from hub.desk.paging import Page, Paging
from hub.desk.stores import Stores
from hub.desk.work_lists import FlashFilter, ReasonFilter, RefundFilter, ReturnFilter
from tests.domain.story import brought_to
from tests.listing.shelf import Shelf

pytestmark = pytest.mark.integration
FIRST = Paging(b"key", limit=200)
TWO = frozenset({"store-3", "store-7"})


async def all_pages(read: Callable[[Paging], Awaitable[Page[Any]]], first: Paging, most: int = 12) -> list[Any]:
    """The rows of the first pages."""
    rows: list[Any] = []
    page: Paging | None = first
    while page is not None and most:
        found = await read(page)
        rows.extend(found.items)
        page = None if found.next_cursor is None else replace(first, cursor=found.next_cursor)
        most -= 1
    return rows


@pytest.mark.rule("EP-06")
@pytest.mark.parametrize("sort", ["placed", "-placed", "due", "-due", "-total", "number", "updated", "name", "state"])
@pytest.mark.parametrize("stores", [None, TWO])
async def test_pages_follow_each_other_in_order_without_gap_or_repeat(library: Desk, stores: Stores, sort: str) -> None:
    wanted = OrderFilter(state=("approved", "processing"), store=("store-3", "store-7", "store-16"))

    def read(page: Paging) -> Awaitable[Page[Any]]:
        return order_lists.orders(library, stores, wanted, page, sort)

    column = order_lists.sort_of(sort).column
    rows = await all_pages(read, Paging(b"key", limit=7), most=200)
    whole = await all_pages(read, Paging(b"key", limit=200))

    assert rows == whole
    assert len({row.order_id for row in rows}) == len(rows) > 7
    values = [(getattr(row, column), row.order_id) for row in rows]
    if column in ("placed_at", "due_at", "updated_at", "total"):
        assert values == sorted(values, reverse=order_lists.sort_of(sort).descending)
    assert {row.store for row in rows} <= {"store-3", "store-7", "store-16"} & set(stores or ("store-16", *TWO))
    assert {row.state for row in rows} <= {"approved", "processing"}


async def test_a_page_is_stable_while_orders_come_in(shelf: Shelf) -> None:
    base = brought_to("confirmed").order
    assert base.placed_at is not None

    def made(i: int) -> Order:
        assert base.placed_at is not None
        return changed(base, id=f"o-{i:03}", number=f"N-{i}", placed_at=base.placed_at + timedelta(minutes=i))

    await shelf.put(*[made(i) for i in range(30)])
    await shelf.project()
    desk = desk_of(shelf)
    first = await order_lists.orders(desk, None, OrderFilter(), Paging(b"key", limit=10))
    await shelf.put(*[made(i) for i in range(30, 40)])
    await shelf.project()

    second = await order_lists.orders(desk, None, OrderFilter(), Paging(b"key", limit=10, cursor=first.next_cursor))

    assert [each.number for each in (*first.items, *second.items)] == [f"N-{i}" for i in range(29, 9, -1)]


def desk_of(shelf: Shelf) -> Desk:
    return Desk(shelf.settings, shelf.engine, None)  # type: ignore[arg-type]  # lists ask no log


async def test_a_cursor_is_of_use_for_its_own_list_and_key_only(library: Desk) -> None:
    page = await order_lists.orders(library, None, OrderFilter(), Paging(b"key", limit=5))
    cursor = page.next_cursor
    assert cursor is not None

    with pytest.raises(CursorMismatches):
        await order_lists.orders(library, None, OrderFilter(state=("sent",)), Paging(b"key", cursor=cursor))
    with pytest.raises(CursorMismatches):
        await order_lists.orders(library, None, OrderFilter(), Paging(b"key", cursor=cursor), "-placed")
    with pytest.raises(CursorMismatches):
        await order_lists.pending(library, None, Paging(b"key", cursor=cursor))
    with pytest.raises(CursorIsInvalid):
        await order_lists.orders(library, None, OrderFilter(), Paging(b"another", cursor=cursor))
    for broken in ("", "x", "é", cursor[:-4], cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), "A" * 400):
        with pytest.raises(CursorIsInvalid):
            await order_lists.orders(library, None, OrderFilter(), Paging(b"key", cursor=broken))


async def test_sorts_without_an_index_are_bounded(library: Desk) -> None:
    with pytest.raises(SortNeedsFilter, match="over 2000 orders"):
        await order_lists.orders(library, None, OrderFilter(), FIRST, "total")
    with pytest.raises(SortIsUnknown, match="placed, due"):
        await order_lists.orders(library, None, OrderFilter(), FIRST, "colour")
    found = await order_lists.orders(library, TWO, OrderFilter(state=("processing",)), FIRST, "-total")
    totals = [each.total for each in found.items]
    assert totals == sorted(totals, reverse=True)


async def test_a_list_that_takes_too_long_is_given_up_with_a_sentence(
    library: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(listing_queries.COMMON, "statement_timeout", "1")

    with pytest.raises(ListIsTooWide, match="narrow it by a store"):
        await order_lists.orders(library, None, OrderFilter(payment=("no such word",)), FIRST)


async def test_rows_are_counted_to_a_thousand(library: Desk) -> None:
    asked = Paging(b"key", limit=1, count=True)
    many = await order_lists.orders(library, None, OrderFilter(), asked)
    few = await order_lists.orders(library, None, OrderFilter(hold=("csr",), store=("store-4",)), asked)

    assert (many.count and (many.count.value, many.count.capped)) == (1_000, True)
    assert few.count is not None
    assert not few.count.capped
    found = await order_lists.orders(library, None, OrderFilter(hold=("csr",), store=("store-4",)), FIRST)
    assert few.count.value == len(found.items) > 10


FILTERS: list[tuple[OrderFilter, Callable[[Any], bool]]] = [
    (OrderFilter(hold=("csr",)), lambda row: "csr" in row.holds),
    (OrderFilter(alert=("stock", "fraud")), lambda row: "stock" in row.alerts),
    (OrderFilter(kind=("exchange",)), lambda row: row.kind == "exchange"),
    (OrderFilter(channel=("phone",), payment=("refunded",)), lambda row: row.channel == "phone"),
    (OrderFilter(overdue=True), lambda row: row.overdue),
    (OrderFilter(attention=True, state=("approved",)), lambda row: row.attention),
    (OrderFilter(locked_by=("ann",)), lambda row: row.locked_by == "ann"),
    (OrderFilter(assignee=("bea",)), lambda row: row.assignee == "bea"),
]


@pytest.mark.parametrize(("wanted", "fits"), FILTERS)
@pytest.mark.parametrize("stores", [None, TWO, frozenset[str]()])
async def test_a_filter_lets_through_what_fits_and_only_of_the_stores(
    library: Desk, stores: Stores, wanted: OrderFilter, fits: Callable[[Any], bool]
) -> None:
    found = await order_lists.orders(library, stores, wanted, FIRST)

    assert all(fits(row) for row in found.items)
    assert "draft" not in {row.state for row in found.items}
    if stores is not None:
        assert {row.store for row in found.items} <= set(stores)
    else:
        assert found.items


Read = Callable[[Desk, Stores], Awaitable[Page[Any]]]
LISTS: dict[str, Read] = {
    "pending": lambda desk, stores: order_lists.pending(desk, stores, FIRST),
    "fraud review": lambda desk, stores: order_lists.fraud_review(desk, stores, FIRST),
    "returns": lambda desk, stores: work_lists.returns(desk, stores, ReturnFilter(), FIRST),
    "refunds": lambda desk, stores: work_lists.refunds(desk, stores, RefundFilter(over=1), FIRST),
    "flash reorders": lambda desk, stores: work_lists.flash_reorders(desk, stores, FlashFilter(), FIRST),
    "reasons": lambda desk, stores: work_lists.reasons(desk, stores, ReasonFilter(overdue=True), FIRST),
    "reasons of mine": lambda desk, stores: work_lists.reasons(desk, stores, ReasonFilter(mine="bea"), FIRST),
}


@pytest.mark.parametrize("name", LISTS)
async def test_every_list_keeps_to_the_stores(library: Desk, name: str) -> None:
    everywhere = {row.store for row in (await LISTS[name](library, None)).items}
    chosen = frozenset(sorted(everywhere)[:1])

    assert everywhere or name == "reasons of mine"
    assert {row.store for row in (await LISTS[name](library, chosen)).items} == chosen
    assert (await LISTS[name](library, frozenset())).items == []


async def test_the_navigation_counts_what_waits_for_people(library: Desk) -> None:
    everywhere, here = await counts.read(library, None), await counts.read(library, frozenset({"store-4"}))
    nowhere = await counts.read(library, frozenset())

    assert (everywhere.attention.value, everywhere.attention.capped) == (1_000, True)
    assert (here.pending.value, here.pending.capped) == (50, False)
    assert {each.value for each in (nowhere.attention, nowhere.returns, nowhere.blocking, nowhere.pending)} == {0}


@pytest.mark.rule("OMC-05", "OMC-12")
async def test_lists_of_real_orders_tell_what_is_to_do(shelf: Shelf) -> None:
    doubted, drafted = brought_to("risk_review").order, brought_to("draft").order
    await shelf.put(changed(doubted, id="d-1"), changed(drafted, id="d-2"))
    await shelf.project()
    desk = desk_of(shelf)

    assert [row.order_id for row in (await order_lists.fraud_review(desk, None, FIRST)).items] == ["d-1"]
    assert [row.order_id for row in (await order_lists.pending(desk, None, FIRST)).items] == ["d-2"]
    assert [row.order_id for row in (await order_lists.orders(desk, None, OrderFilter(), FIRST)).items] == ["d-1"]
    assert (await order_lists.orders(desk, None, OrderFilter(state=("draft",)), FIRST)).items == []
    reasons = await work_lists.reasons(desk, None, ReasonFilter(), FIRST)
    assert {row.order_id for row in reasons.items} >= {"d-1"}


async def test_a_list_says_how_current_it_is(shelf: Shelf) -> None:
    desk = desk_of(shelf)
    with pytest.raises(ListingIsNotBuilt, match="hub project"):
        await order_lists.orders(desk, None, OrderFilter(), FIRST)

    await shelf.put(brought_to("confirmed").order)
    await shelf.project()
    assert (await order_lists.orders(desk, None, OrderFilter(), FIRST)).listing.state is State.CURRENT
    await shelf.put(brought_to("picking").order)
    await shelf.change("UPDATE journal SET recorded_at = now() - interval '1 minute'")
    behind = (await order_lists.orders(desk, None, OrderFilter(), FIRST)).listing
    assert behind.state is State.BEHIND
    assert 59 < behind.behind_seconds < 120
    await shelf.change("UPDATE listing_build SET walked = 'm', done = 1, total = 4")
    building = (await listing.show(desk)).standing
    assert (building.state, building.percent) == (State.BUILDING, 25)
