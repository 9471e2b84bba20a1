"""What a team lead sees of each store: figures of real orders, in the stores that are his, page by page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.deciding.values import changed
from domain.orders.order import Lock, Order, Refund, RefundState
from hub.desk import Desk, team
from hub.desk.errors import CursorMismatches, ListingIsNotBuilt
from hub.desk.listing import State
from hub.desk.paging import Count, Paging
from hub.desk.team import StoreToLead
from tests.domain.story import brought_to
from tests.listing.shelf import Shelf

pytestmark = pytest.mark.integration
PAGE = Paging(b"key", limit=10)
NONE = Count(0, capped=False)


def desk_of(shelf: Shelf) -> Desk:
    return Desk(shelf.settings, shelf.engine, None)  # type: ignore[arg-type]  # the team asks no log


def ago(**since: float) -> datetime:
    return datetime.now(UTC) - timedelta(**since)


def order(state: str, name: str, **held: Any) -> Order:
    return changed(brought_to(state).order, id=name, number=f"W-{name}", **held)


def late(order: Order) -> Order:
    """The order with the first answer that it waits for overdue."""
    first, *others = order.timers
    return changed(order, timers=(changed(first, fired=True, due_at=ago(hours=2)), *others))


async def seen(shelf: Shelf, *orders: Order) -> StoreToLead:
    """Lille, once these orders are listed."""
    await shelf.put(*orders)
    await shelf.project()
    (found,) = (await team.read(desk_of(shelf), None, ("lille",), PAGE)).stores
    return found


async def test_open_orders_are_counted_by_state_and_age(shelf: Shelf) -> None:
    ages = (1, 30, 71, 73, 24 * 6, 24 * 8, 24 * 400)
    placed = [order("picking", f"p-{hours}", placed_at=ago(hours=hours)) for hours in ages]
    others = [order(state, state, placed_at=ago(hours=1)) for state in ("confirmed", "completed", "cancelled", "draft")]

    found = await seen(shelf, *placed, *others)

    told = {each.state: [age.value for age in each.ages] for each in found.open}
    assert told == {"confirmed": [1, 0, 0, 0], "picking": [1, 2, 2, 2]}
    assert list(told) == ["confirmed", "picking"]  # in the order in which they are gone through
    assert found.drafted == Count(1, capped=False)
    assert [each.order_id for each in found.drafts] == ["draft"]


async def test_what_is_overdue_is_counted_by_who_owes_it_and_what_is_held_once(shelf: Shelf) -> None:
    held = order("confirmed", "h", holds=("csr", "logistics"))

    found = await seen(shelf, late(order("picking", "a")), late(order("picking", "b")), held, order("picking", "c"))

    assert (found.overdue.count, found.held) == (Count(2, capped=False), Count(1, capped=False))
    assert [(each.by, each.count.value) for each in found.overdue_by] == [("warehouse", 2)]
    assert found.overdue.oldest is not None
    assert ago(hours=3) < found.overdue.oldest < ago(hours=1)


async def test_refunds_wait_that_nobody_has_decided_or_that_failed(shelf: Shelf) -> None:
    states = {"requested": 9, "failed": 30, "executed": 90}
    refunds = tuple(
        Refund(f"r-{state}", 100, "goodwill", RefundState(state), requested_at=ago(hours=hours))
        for state, hours in states.items()
    )

    found = await seen(shelf, order("sent", "a", refunds=refunds))

    assert found.refunds.count == Count(2, capped=False)
    assert found.refunds.oldest is not None
    assert ago(hours=31) < found.refunds.oldest < ago(hours=29)


async def test_locks_are_shown_that_are_older_than_an_hour_and_still_held(shelf: Shelf) -> None:
    locked = [
        order("picking", f"l-{minutes}", lock=Lock(f"ann-{minutes}", ago(minutes=minutes)))
        for minutes in (59, 61, 300, 90)
    ]
    await seen(shelf, *locked)
    await shelf.put(changed(locked[3], lock=None))  # the listing does not know yet

    (found,) = (await team.read(desk_of(shelf), None, ("lille",), PAGE)).stores

    assert [(each.order_id, each.owner) for each in found.locks] == [("l-300", "ann-300"), ("l-61", "ann-61")]
    assert found.locked == Count(2, capped=False)


async def test_stores_that_the_caller_does_not_see_do_not_exist(shelf: Shelf) -> None:
    for store in ("lille", "paris", "rennes"):
        lock = Lock("ann", ago(hours=5))
        await shelf.put(
            order("picking", f"{store}-1", store=store, lock=lock), order("draft", f"{store}-2", store=store)
        )
    await shelf.project()
    desk, mine = desk_of(shelf), frozenset({"lille", "nantes"})

    every = await team.read(desk, None, (), PAGE)
    own = await team.read(desk, mine, (), PAGE)
    theirs = await team.read(desk, mine, ("paris",), PAGE)
    nobodys = await team.read(desk, frozenset(), (), PAGE)

    assert [each.store for each in every.stores] == ["lille", "paris", "rennes"]
    assert [each.store for each in own.stores] == ["lille", "nantes"]
    assert [(len(each.locks), len(each.drafts), len(each.open)) for each in own.stores] == [(2, 1, 1), (0, 0, 0)]
    assert {each.order_id for each in own.stores[0].locks} == {"lille-1", "lille-2"}  # whoever calls locks his draft
    assert (theirs.stores, nobodys.stores) == ([], [])
    assert (own.stores[1].overdue.count, own.stores[1].refunds.oldest) == (NONE, None)


@pytest.mark.parametrize("sees", [None, frozenset(f"store-{n}" for n in range(7))])
async def test_pages_of_stores_follow_each_other_by_name(library: Desk, sees: frozenset[str] | None) -> None:
    page, names = Paging(b"key", limit=3), list[str]()
    while True:
        found = await team.read(library, sees, (), page)
        names += [each.store for each in found.stores]
        if found.next_cursor is None:
            break
        page = replace(page, cursor=found.next_cursor)

    assert names == sorted(sees or (f"store-{n}" for n in range(20)))
    with pytest.raises(CursorMismatches):
        await team.read(library, sees, ("store-1",), page)


async def test_figures_agree_with_what_is_counted_one_by_one(library: Desk) -> None:
    (found,) = (await team.read(library, None, ("store-4",), PAGE)).stores

    assert found.drafted == Count(50, capped=False)
    assert len(found.drafts) == team.SHOWN
    assert {each.state: sum(age.value for age in each.ages) for each in found.open}["confirmed"] == 150
    assert found.overdue.count.value == sum(each.count.value for each in found.overdue_by) > 0


async def test_figures_are_as_current_as_the_listing(shelf: Shelf) -> None:
    with pytest.raises(ListingIsNotBuilt):
        await team.read(desk_of(shelf), None, (), PAGE)
    await seen(shelf, order("picking", "a"))
    await shelf.put(changed(order("picking", "b")))
    await shelf.change("UPDATE journal SET recorded_at = now() - interval '1 minute'")

    found = await team.read(desk_of(shelf), None, (), PAGE)

    assert found.listing.state is State.BEHIND
    assert found.listing.behind_seconds > 59


async def test_partners_are_told_by_the_hour_those_that_said_most_by_themselves(shelf: Shelf) -> None:
    await shelf.project()
    row = """INSERT INTO partner_hour (hour, source, events, late, failed)
      VALUES (date_trunc('hour', now()) - :ago * interval '1 hour', :source, :events, 1, 2)"""
    for n in range(team.PARTNERS + 2):
        await shelf.change(row, ago=0, source=f"/partners/{n:02}", events=100 - n)
    await shelf.change(row, ago=3, source="/partners/00", events=7)
    await shelf.change(row, ago=team.HOURS, source="/partners/00", events=5000)  # too long ago
    await shelf.change(row, ago=1, source="", events=4)

    partners = (await team.read(desk_of(shelf), None, (), PAGE)).partners

    assert [each.source for each in partners] == [*(f"/partners/{n:02}" for n in range(team.PARTNERS)), None]
    first, others = partners[0], partners[-1]
    assert [each.events for each in first.hours][-4:] == [7, 0, 0, 100]
    assert [len(each.hours) for each in partners] == [team.HOURS] * len(partners)
    assert sum(each.events for each in others.hours) == 92 + 91 + 4
    assert sum(each.failed for each in first.hours) == 4
