"""Lists of work: returns, refunds, flash reorders, and the reasons why people should look at orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

from adapters.postgres import listing_quarantine
from adapters.postgres.listing_queries import Condition, Query
from adapters.postgres.listing_rows import ListedFlash as ListedFlash
from adapters.postgres.listing_rows import ListedReason as ListedReason
from adapters.postgres.listing_rows import ListedRefund as ListedRefund
from adapters.postgres.listing_rows import ListedReturn as ListedReturn
from contracts.references import RMA, form
from domain.deciding.words import Word
from domain.orders.order import FlashState, RefundState, ReturnState
from domain.orders.view.attention import OVERDUE
from hub.desk import paging
from hub.desk.paging import Asked, Page, Paging, among, in_lanes, lane
from hub.desk.resources import Desk
from hub.desk.stores import Stores


@dataclass(frozen=True, slots=True)
class ReturnFilter:
    """Which returns to list; values of one filter are alternatives."""

    rma: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    warehouse: tuple[str, ...] = ()
    age_over: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RefundFilter:
    """Which refunds to list; `over` is an amount in minor units that they are larger than."""

    state: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    tender: tuple[str, ...] = ()
    requested_by: tuple[str, ...] = ()
    over: int | None = None


@dataclass(frozen=True, slots=True)
class FlashFilter:
    """Which flash reorders to list."""

    state: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    warehouse: tuple[str, ...] = ()
    age_over: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ReasonFilter:
    """Which reasons to list; `mine` is the name of whoever the order was given to."""

    kind: tuple[str, ...] = ()
    what: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    overdue: bool = False
    blocking: bool = False
    mine: str | None = None


_Filter = ReturnFilter | RefundFilter | FlashFilter | ReasonFilter


async def returns(desk: Desk, stores: Stores, wanted: ReturnFilter, page: Paging) -> Page[ListedReturn]:
    """Return a page of returns, the oldest request first; raises as `paging.page` does."""
    codes = among("rma_code", [form(RMA, code) for code in wanted.rma])
    limits = [*codes, *among("warehouse", wanted.warehouse), *_older("requested_at", wanted.age_over)]
    query = Query("return_list", ("requested_at", "order_id", "rma_code"), False, limits, in_lanes=not wanted.rma)
    query = in_lanes(query, _lanes(wanted.store, stores, wanted.state, ReturnState))
    return await paging.page(desk, Asked("returns", query, _asked(wanted)), ListedReturn, page)


async def refunds(desk: Desk, stores: Stores, wanted: RefundFilter, page: Paging) -> Page[ListedRefund]:
    """Return a page of refunds, the oldest request first; raises as `paging.page` does."""
    limits = [*among("tender", wanted.tender), *among("requested_by", wanted.requested_by)]
    if wanted.over is not None:
        limits.append(Condition("t.amount > :over", {"over": wanted.over}))
    query = Query("refund_list", ("requested_at", "order_id", "refund_id"), False, limits)
    query = in_lanes(query, _lanes(wanted.store, stores, wanted.state, RefundState))
    return await paging.page(desk, Asked("refunds", query, _asked(wanted)), ListedRefund, page)


async def flash_reorders(desk: Desk, stores: Stores, wanted: FlashFilter, page: Paging) -> Page[ListedFlash]:
    """Return a page of flash reorders, those asked for longest ago first; raises as `paging.page` does."""
    limits = [*among("warehouse", wanted.warehouse), *_older("since", wanted.age_over)]
    query = Query("flash_list", ("since", "order_id", "flash_id"), False, limits)
    query = in_lanes(query, _lanes(wanted.store, stores, wanted.state, FlashState))
    return await paging.page(desk, Asked("flash_reorders", query, _asked(wanted)), ListedFlash, page)


async def reasons(desk: Desk, stores: Stores, wanted: ReasonFilter, page: Paging) -> Page[ListedReason]:
    """Return a page of reasons, by deadline, or by since when it is so; raises as `paging.page` does.

    Orders in quarantine are among them.
    """
    limits = [*among("kind", wanted.kind), *among("what", wanted.what), *among("by", wanted.by)]
    if wanted.overdue:
        limits.append(Condition("t.kind = :overdue", {"overdue": OVERDUE}))
    if wanted.mine is not None:
        limits.append(Condition("t.assignee = :mine", {"mine": wanted.mine}))
    if wanted.blocking:
        limits.append(Condition("t.blocking"))
    every = Query("reason_list", ("at", "order_id", "i"), False, limits, beside=listing_quarantine.ROWS)
    query = in_lanes(every, {"store": lane(wanted.store, stores)})
    return await paging.page(desk, Asked("reasons", query, _asked(wanted)), ListedReason, page)


def _lanes(
    store: tuple[str, ...], stores: Stores, state: tuple[str, ...], states: type[Word]
) -> Mapping[str, Sequence[str] | None]:
    """Return what to read by itself: where stores are named every state too, as the index has a store's by state."""
    read = lane(store, stores)
    return {"store": read, "state": list(state) or (None if read is None else [each.value for each in states])}


def _older(column: str, age: timedelta | None) -> tuple[Condition, ...]:
    if age is None:
        return ()
    return (Condition(f"t.{column} < now() - CAST(:age_over AS interval)", {"age_over": age}),)


def _asked(wanted: _Filter) -> Mapping[str, object]:
    return {each.name: getattr(wanted, each.name) for each in fields(wanted)}
