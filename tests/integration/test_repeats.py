"""Records that come again: the same content does nothing, other content is a dead letter, a command is answered."""

import pytest

from contracts.commands import CancelOrder, CommentOrder
from contracts.fraud import FraudScored, Verdict
from tests.integration.messages import CLEAR, answers, authorized, header, journal, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def test_the_same_id_with_the_same_content_does_nothing_and_with_other_content_is_a_dead_letter(
    stage: Stage,
) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "payment_pending")
    await stage.say("fraud.events", CLEAR, "o-1", event_id="e-1")
    await stage.say("fraud.events", CLEAR, "o-1", event_id="e-1", headers=[("attempt", b"2")])
    await stage.say("fraud.events", FraudScored(verdict=Verdict.REVIEW), "o-1", event_id="e-1")
    await stage.until_read()
    await stage.say("fraud.events", CLEAR, "o-1", event_id="e-1")
    await stage.say("fraud.events", FraudScored(verdict=Verdict.REVIEW), "o-1", event_id="e-1")
    await stage.say("fraud.events", CLEAR, "o-1", event_id="e-1", source="/partners/other")
    await stage.until_read()

    rows = await stage.rows("SELECT source FROM journal WHERE type = 'fraud.scored.v1' ORDER BY seq")
    assert [row["source"] for row in rows] == ["/partners/test", "/partners/other"]
    letters = await stage.records("fraud.events.dlt")
    assert [header(letter, "hub_failure_code") for letter in letters] == ["id_reused"] * 2
    assert all(b"review" in (letter.value or b"") for letter in letters)


async def test_a_repeated_command_is_answered_again_and_not_run_again(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "payment_pending")
    comment = CommentOrder(text="call back")
    for _ in range(2):
        await stage.say("hub.commands", comment, "o-1", event_id="c-1", token=stage.token())
        await stage.until_read()
    await stage.say("hub.commands", comment, "o-1", event_id="c-2")
    await stage.say("hub.commands", comment, "o-1", event_id="c-2")
    await stage.until_read()

    told = await answers(stage, "o-1")
    assert [(a["type"], a["command"], a["code"], a["repeat"]) for a in told] == [
        ("command.accepted", "c-1", "", ""),
        ("command.accepted", "c-1", "", "true"),
        ("command.rejected", "c-2", "scope", ""),
        ("command.rejected", "c-2", "scope", "true"),
    ]
    assert told[0]["id"] == told[1]["id"]
    assert await journal(stage, "o-1") == [
        ("order.placed", "applied"),
        ("order.comment", "applied"),
        ("order.comment", "refused"),
    ]


async def test_a_command_for_an_unknown_order_is_answered_each_time_and_makes_no_order(stage: Stage) -> None:
    stage.start_hub()
    cancel = CancelOrder(reason="customer_choice")
    await stage.say("hub.commands", cancel, "o-none", event_id="c-1", token=stage.token())
    await stage.say("hub.commands", cancel, "o-none", event_id="c-1", token=stage.token())
    await stage.until_read()
    await stage.say("hub.commands", cancel, "o-none", event_id="c-1", token=stage.token())
    await stage.until_read()

    told = [(a["type"], a["command"], a["code"], a["repeat"]) for a in await answers(stage, "o-none")]
    assert told == [("command.rejected", "c-1", "unknown_order", repeat) for repeat in ("", "true", "true")]
    assert await stage.rows("SELECT order_id FROM orders") == []
    assert await stage.rows("SELECT order_id FROM journal") == []


async def test_a_command_refused_before_its_order_existed_is_not_run_when_it_comes_again(stage: Stage) -> None:
    stage.start_hub()
    cancel = CancelOrder(reason="customer_choice")
    await stage.say("hub.commands", cancel, "o-1", event_id="c-1", token=stage.token())
    await stage.until_read()
    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "payment_pending")

    await stage.say("hub.commands", cancel, "o-1", event_id="c-1", token=stage.token())
    await stage.until_read()

    told = [(a["type"], a["code"], a["repeat"]) for a in await answers(stage, "o-1")]
    assert told == [("command.rejected", "unknown_order", ""), ("command.rejected", "unknown_order", "true")]
    assert await stage.state("o-1") == "payment_pending"


async def test_an_early_fact_is_parked_and_applied_in_the_transaction_of_its_predecessor(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("payment.events", authorized("o-1"), "o-1", event_id="early")
    await stage.until_read()
    assert await journal(stage, "o-1") == [("payment.authorized", "parked")]
    assert await stage.records("order.status") == []
    assert await stage.state("o-1") is None
    await stage.say("payment.events", authorized("o-1"), "o-1", event_id="early")
    await stage.until_read()

    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "risk_review")
    await stage.say("payment.events", authorized("o-1"), "o-1", event_id="early")
    await stage.until_read()

    rows = await stage.rows("SELECT seq, batch, type, outcome, refers_to FROM journal ORDER BY seq")
    assert [(row["seq"], row["type"], row["outcome"], row["refers_to"]) for row in rows] == [
        (1, "payment.authorized.v1", "parked", None),
        (2, "order.placed.v1", "applied", None),
        (3, "payment.authorized.v1", "applied", 1),
    ]
    assert rows[1]["batch"] == rows[2]["batch"]
    assert (await stage.types("o-1")).count("payment.changed.v1") == 1


async def test_a_late_fact_is_recorded_and_changes_nothing(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "payment_pending")
    await stage.until_read()  # stored is not published yet
    before = await stage.types("o-1")

    await stage.say("shop.events", placed(), "o-1")
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = 'o-1'", 2)
    await stage.until_read()

    assert await journal(stage, "o-1") == [("order.placed", "applied"), ("order.placed", "late")]
    rows = await stage.rows("SELECT number, version, seq FROM orders")
    assert rows == [{"number": "N-1", "version": 1, "seq": 2}]
    assert await stage.types("o-1") == before
