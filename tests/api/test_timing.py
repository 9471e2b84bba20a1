"""What is another store's is looked for as what is nowhere: neither the answer nor the way to it tells them apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from domain import rights
from hub.desk import orders
from hub.desk.errors import ListingIsNotBuilt
from tests.api.books import Books
from tests.api.server import Api
from tests.integration.messages import approve
from tests.stage import Stage

pytestmark = pytest.mark.integration
PARIS = frozenset({"paris"})
KEPT = """INSERT INTO refund_list
    (order_id, refund_id, number, store, state, amount, currency, tender, reason, requested_at)
  VALUES ('o-1', 'r-1', 'N-o-1', 'lille', 'requested', 100, 'EUR', 'original', 'late', now())"""


@contextmanager
def statements(stage: Stage) -> Iterator[list[str]]:
    """What PostgreSQL is asked, each statement once: the listing is looked at until it is current."""
    told: list[str] = []

    def tell(_: object, __: object, statement: str, *___: object) -> None:
        if statement not in told:
            told.append(statement)

    event.listen(stage.engine.sync_engine, "before_cursor_execute", tell)
    try:
        yield told
    finally:
        event.remove(stage.engine.sync_engine, "before_cursor_execute", tell)


async def test_another_stores_refund_is_waited_for_as_one_that_is_nowhere(api: Api) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await stage.until_rows("SELECT 1 FROM order_list WHERE order_id = 'o-1' AND state = 'availability_requested'")
    await stage.change(KEPT)

    async def asked(name: str, stores: frozenset[str]) -> tuple[str | None, list[str]]:
        with statements(stage) as told:
            return await orders.id_of_refund(stage.desk, name, stores), told

    there, nowhere = await asked("r-1", PARIS), await asked("r-2", PARIS)
    own = await asked("r-1", frozenset({"lille"}))

    assert (there[0], nowhere[0], own[0]) == ("o-1", None, "o-1")
    assert there[1] == nowhere[1]
    assert len(own[1]) < len(there[1])


async def test_where_lists_are_not_built_another_stores_refund_can_be_told_as_little(beside: Api, books: Books) -> None:
    await books.store("o-1")
    await beside.stage.change(KEPT)

    for name in ("r-1", "r-2"):
        with pytest.raises(ListingIsNotBuilt):
            await orders.id_of_refund(beside.stage.desk, name, PARIS)
    assert await orders.id_of_refund(beside.stage.desk, "r-1", frozenset({"lille"})) == "o-1"


@pytest.mark.parametrize("path", ["refunds/{}/approve", "orders/{}/hold"])
async def test_the_answer_is_the_same_and_who_asked_is_written_down(api: Api, path: str) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await stage.until_rows("SELECT 1 FROM order_list WHERE order_id = 'o-1' AND state = 'availability_requested'")
    await stage.change(KEPT)
    eve = api.as_(*rights.SCOPES, name="eve", stores=("paris",))
    there, nowhere = ("r-1", "r-2") if "refunds" in path else ("o-1", "o-2")

    async def told(name: str) -> dict[str, Any]:
        answer = await eve.act(f"/v1/{path.format(name)}", {"reason": "x"}, version=1)
        problem: dict[str, Any] = answer.json()
        of_this_time = ("instance", "trace_id")
        return {key: str(held).replace(name, "") for key, held in problem.items() if key not in of_this_time}

    assert await told(there) == await told(nowhere)
    rows = await stage.until_rows("SELECT caller, code FROM api_refusal")
    assert rows == [{"caller": "hub|eve", "code": "unknown_order"}]
