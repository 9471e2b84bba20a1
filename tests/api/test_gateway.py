"""The gateway over HTTP: what is open, what is in doubt, and what comparing both books found last."""

from typing import Any

import pytest
from sqlalchemy import event

from adapters.postgres import gateway_books
from hub.desk import gateway
from tests.api.server import Api
from tests.gateway.till import till

pytestmark = pytest.mark.integration
CALLS = """INSERT INTO gateway_calls (request_id, order_id, kind, payment_id, amount, currency, partition, "offset",
    seen_offset, digest, message_type, message, state, last_error, received_at)
  SELECT 'r-' || i, 'o-' || i, 'capture', 'p-1', 4500, 'EUR', 0, i, i, '', 't', '', row.state, row.error,
    now() - i * interval '1 minute'
  FROM unnest(CAST(:states AS text[]), CAST(:errors AS text[])) WITH ORDINALITY AS row(state, error, i)"""
STATES = ["answered", "received", "unknown", "given_up", "unreadable", "not_ours", "unknown"]


async def test_calls_are_counted_by_state_and_those_in_doubt_are_shown_the_oldest_first(beside: Api) -> None:
    await beside.stage.change(CALLS, states=STATES, errors=[None, None, "timed out", *[None] * 4])

    whole = (await beside.get("/v1/ops/gateway")).json()
    doubt = (await beside.get("/v1/ops/gateway?unknown=true")).json()
    few = (await beside.get("/v1/ops/gateway?limit=1")).json()

    assert {each["state"]: each["count"] for each in whole["counts"]} == {
        "received": 1,
        "unknown": 2,
        "given_up": 1,
        "unreadable": 1,
    }
    assert [each["request_id"] for each in whole["calls"]] == ["r-7", "r-5", "r-4", "r-3", "r-2"]
    assert [each["request_id"] for each in doubt["calls"]] == ["r-7", "r-5", "r-4", "r-3"]
    assert doubt["calls"][3]["last_error"] == "timed out"
    assert doubt["calls"][3]["amount"] == {"amount": 4500, "currency": "EUR"}
    assert [each["request_id"] for each in few["calls"]] == ["r-7"]
    assert few["counts"] == doubt["counts"] == whole["counts"]
    assert whole["last_reconciliation"] is None


async def test_what_the_last_comparison_found_is_kept(beside: Api) -> None:
    async with till(beside.stage) as at:
        entry = {"object": "payment_intent", "amount": 100, "currency": "eur", "status": "requires_capture"}
        for number in range(150):
            at.provider.books.intents[f"pi_{number}"] = {"id": f"pi_{number}", "metadata": {}, **entry}
        await gateway.reconcile(at.desk)
    async with till(beside.stage) as at:
        at.provider.books.intents["pi_1"] = {"id": "pi_1", "metadata": {"order_id": "o-1"}, **entry}
        first = (await beside.get("/v1/ops/gateway")).json()["last_reconciliation"]
        await gateway.reconcile(at.desk)

    last = (await beside.get("/v1/ops/gateway")).json()["last_reconciliation"]

    assert (first["differences"], len(first["first_differences"])) == (150, 100)
    assert (last["payments"], last["differences"], last["in_motion"]) == (1, 1, 0)
    assert last["first_differences"] == [
        {"payment_id": "pi_1", "order_id": "o-1", "what": "held", "provider": 100, "hub": None}
    ]
    assert last["provider"] == {"EUR": {"captured": 0, "refunded": 0, "held": 100}}


async def test_open_calls_are_found_by_their_indexes_however_many_were_answered(beside: Api) -> None:
    states = ["answered"] * 1999 + ["unknown"]
    await beside.stage.change(CALLS, states=states * 10, errors=[None] * 20_000)
    await beside.stage.change("ANALYZE gateway_calls")
    told: list[tuple[str, Any]] = []

    def tell(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        told.append((statement, parameters))

    engine = beside.stage.engine
    event.listen(engine.sync_engine, "before_cursor_execute", tell)
    for only_doubt in (False, True):
        await gateway_books.open_calls(engine, only_doubt=only_doubt, limit=100, stores={"lille"})
    event.remove(engine.sync_engine, "before_cursor_execute", tell)
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        plans = ["\n".join([row[0] for row in await raw.fetch(f"EXPLAIN {each}", *given)]) for each, given in told]

    assert len((await beside.get("/v1/ops/gateway")).json()["calls"]) == 10
    for plan in plans:
        assert "gateway_calls_open_idx" in plan
        assert "gateway_calls_unreadable_idx" in plan
    assert len(plans) == 2
