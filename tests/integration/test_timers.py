"""Deadlines fire once, by the shard's own clock: an answer that already lies in the log comes before its deadline."""

import pytest

from tests.integration.messages import CLEAR, authorized, journal, named, placed
from tests.stage import Stage, by_type

pytestmark = pytest.mark.integration

SHORT = {"payment_answer": "PT1S"}
LATE = "SELECT 1 FROM orders WHERE order_id = :o AND document::text LIKE '%payment_late%'"


async def due(stage: Stage) -> list[bytes | None]:
    """Return the orders whose deadlines were told."""
    return [record.key for record in by_type(await stage.records("hub.internal")).get("timer.due.v1", [])]


@pytest.mark.parametrize("order", ["o-1", "o" * 200], ids=["short", "of 200 bytes"])
async def test_a_deadline_fires_once_whatever_restarts(stage: Stage, order: str) -> None:
    settings = stage.settings.model_copy(update={"policy": SHORT})
    stage.start_hub(settings)
    await stage.say("shop.events", placed(), order)

    await stage.until_rows(LATE, o=order)
    await stage.stop_hubs()
    stage.start_hub(settings)
    await stage.say("fraud.events", CLEAR, order)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'fraud.scored.v1'")
    await stage.until_read()

    assert await due(stage) == [order.encode()]
    assert [kind for kind, _ in await journal(stage, order)].count("timer.due") == 1
    fired = await stage.rows("SELECT order_id, code FROM set_aside WHERE kind = 'timer'")
    assert fired == [{"order_id": order, "code": "payment"}]


async def test_an_answer_that_waits_in_the_log_wins_over_its_deadline(stage: Stage) -> None:
    answered, silent = named(0, count=2)
    settings = stage.settings.model_copy(update={"policy": SHORT})
    stage.start_hub(settings)
    for order in (answered, silent):
        await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_rows("SELECT 1 FROM timers WHERE kind = 'payment'", 2)
    await stage.stop_hubs()
    for number in range(500):
        await stage.say("fraud.events", CLEAR, answered, event_id=f"e-{number}")
    await stage.say("payment.events", authorized(answered), answered)

    async def past() -> bool:
        return bool(await stage.rows("SELECT 1 FROM timers WHERE kind = 'payment' AND due_at < now()"))

    await stage.until(past, "the deadlines are past")
    stage.start_hub(settings)
    await stage.until_rows(LATE, o=silent)
    await stage.until_read()

    assert await stage.rows(LATE, o=answered) == []
    assert await due(stage) == [silent.encode()]


async def test_a_parked_fact_past_its_deadline_raises_an_alert_and_still_counts(stage: Stage) -> None:
    stage.start_hub(stage.settings.model_copy(update={"policy": {"parked": "PT1S"}}))
    await stage.say("payment.events", authorized("o-1"), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%parked_late%'")

    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "risk_review")
    await stage.until_read()

    assert await journal(stage, "o-1") == [
        ("payment.authorized", "parked"),
        ("timer.due", "applied"),
        ("order.placed", "applied"),
        ("payment.authorized", "applied"),
    ]


async def test_a_deadline_that_its_answer_ended_never_fires(stage: Stage) -> None:
    stage.start_hub(stage.settings.model_copy(update={"policy": {"payment_answer": "PT2S", "fraud_answer": "PT2S"}}))
    await stage.say("shop.events", placed(), "o-1")
    await stage.say("payment.events", authorized("o-1"), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%fraud_late%'")
    await stage.until_read()

    kinds = await stage.rows("SELECT code FROM set_aside WHERE kind = 'timer'")
    assert [row["code"] for row in kinds] == ["fraud"]
