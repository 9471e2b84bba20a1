"""The plans of every list and search on a hundred thousand orders: by indexes, and few rows looked at."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic_core import from_json
from sqlalchemy import event

from adapters.postgres import listing_queries
from hub.desk import Desk, counts, order_lists, search, team, work_lists
from hub.desk.order_lists import OrderFilter
from hub.desk.paging import Paging
from hub.desk.work_lists import FlashFilter, ReasonFilter, RefundFilter, ReturnFilter

pytestmark = pytest.mark.integration
PAGE = Paging(b"key", count=True)
TWO = frozenset({"store-3", "store-7"})
MAY = datetime(2026, 5, 1, tzinfo=UTC)
Ask = Callable[[Desk], Awaitable[Any]]


def listed(wanted: OrderFilter, stores: frozenset[str] | None = None, sort: str = "placed") -> Ask:
    return lambda desk: order_lists.orders(desk, stores, wanted, PAGE, sort)


def found(text: str, stores: frozenset[str] | None = None) -> Ask:
    return lambda desk: search.orders(desk, stores, text, OrderFilter(), PAGE)


ASKS: dict[str, Ask] = {
    "all": listed(OrderFilter()),
    "two stores": listed(OrderFilter(), TWO),
    "a store": listed(OrderFilter(store=("store-4",))),
    "states": listed(OrderFilter(state=("sent", "confirmed"))),
    "state of two stores": listed(OrderFilter(state=("confirmed",)), TWO),
    "hold": listed(OrderFilter(hold=("csr",))),
    "hold of two stores": listed(OrderFilter(hold=("csr",)), TWO),
    "alert": listed(OrderFilter(alert=("stock",))),
    "attention": listed(OrderFilter(attention=True), TWO),
    "overdue": listed(OrderFilter(overdue=True)),
    "channel": listed(OrderFilter(channel=("phone",)), TWO),
    "payment": listed(OrderFilter(payment=("refunded",))),
    "locked": listed(OrderFilter(locked_by=("ann",))),
    "assigned": listed(OrderFilter(assignee=("bea",)), TWO),
    "time": listed(OrderFilter(placed_from=MAY, placed_to=MAY + timedelta(days=1))),
    "old": listed(OrderFilter(age_over=timedelta(days=1), state=("sent",))),
    "due": listed(OrderFilter(), sort="due"),
    "due of two stores": listed(OrderFilter(state=("sent",)), TWO, "due"),
    "by total": listed(OrderFilter(state=("processing",)), TWO, "-total"),
    "by name": listed(OrderFilter(placed_from=MAY, placed_to=MAY + timedelta(days=3)), None, "name"),
    "number": found("W4000123"),
    "tracking": found("3S 100 0000 0031"),
    "e-mail": found("namea"),
    "begun e-mail": found("martin1000@ex"),
    "phone": found("+33 6 00 00 07 00"),
    "name": found("martin"),
    "begun name": found("nam", TWO),
    "name and postcode": found("martin 5"),
    "two names": found("martin nameb"),
    "tail": found("0123"),
    "sku": found("sku:sku77", TWO),
    "postcode": found("postcode:05729"),
    "customer": lambda desk: order_lists.of_customer(desk, None, "c-77", PAGE),
    "pending": lambda desk: order_lists.pending(desk, TWO, PAGE),
    "fraud review": lambda desk: order_lists.fraud_review(desk, TWO, PAGE),
    "returns": lambda desk: work_lists.returns(desk, TWO, ReturnFilter(), PAGE),
    "returns by state": lambda desk: work_lists.returns(desk, None, ReturnFilter(state=("awaiting_receipt",)), PAGE),
    "return": lambda desk: work_lists.returns(desk, TWO, ReturnFilter(rma=("rma 100",)), PAGE),
    "refunds": lambda desk: work_lists.refunds(desk, TWO, RefundFilter(state=("requested",)), PAGE),
    "all refunds": lambda desk: work_lists.refunds(desk, None, RefundFilter(), PAGE),
    "flash reorders": lambda desk: work_lists.flash_reorders(desk, None, FlashFilter(state=("sent",)), PAGE),
    "reasons": lambda desk: work_lists.reasons(desk, None, ReasonFilter(), PAGE),
    "reasons of two stores": lambda desk: work_lists.reasons(desk, TWO, ReasonFilter(blocking=True), PAGE),
    "counts": lambda desk: counts.read(desk, TWO),
    "all counts": lambda desk: counts.read(desk, None),
    "team": lambda desk: team.read(desk, None, (), Paging(b"key", limit=10)),
    "team of two stores": lambda desk: team.read(desk, TWO, (), PAGE),
}
LISTS = {"orders", "order_list", "order_term", "return_list", "refund_list", "flash_list", "reason_list"}
ROWS = 5_000
"""Rows that one step of a plan may look at: counts and candidates look at 1,000 to 2,000."""
SIEVED = {
    "team": 13_000,
    "hold": 8_000,
    "channel": 11_000,
    "payment": 11_000,
    "two names": 24_000,
    "begun name": 25_000,
}
"""Where rows are sieved by what no index has, until the page is full, or 1,000 are counted."""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def looked_at(node: dict[str, Any]) -> float:
    """Rows that a step read, whether it kept them or not."""
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


async def plans(desk: Desk, ask: Ask) -> list[dict[str, Any]]:
    """The plans of all statements of a question, as they were carried out."""
    told: list[tuple[str, Any]] = []

    def tell(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        told.append((statement, parameters))

    event.listen(desk.engine.sync_engine, "before_cursor_execute", tell)
    await ask(desk)
    event.remove(desk.engine.sync_engine, "before_cursor_execute", tell)
    made = []
    async with listing_queries.reading(desk.engine) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        for statement, parameters in told:
            answer = await raw.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *parameters)
            made.append((answer if isinstance(answer, list) else from_json(answer))[0]["Plan"])
    return made


@pytest.mark.parametrize("name", ASKS)
async def test_a_list_is_read_by_indexes_and_looks_at_few_rows(library: Desk, name: str) -> None:
    for plan in await plans(library, ASKS[name]):
        here = [node for node in nodes(plan) if node.get("Relation Name") in LISTS]
        assert [node["Node Type"] for node in here if node["Node Type"] == "Seq Scan"] == []
        assert max([looked_at(node) for node in here], default=0) <= SIEVED.get(name, ROWS), [
            (node.get("Index Name"), node["Node Type"], looked_at(node)) for node in here
        ]
