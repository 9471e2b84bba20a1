"""Orders that fail: a bug in a rule or a row that can't be stored stops its order only, until it is released."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters import failpoints
from contracts.carriers import CarrierCollected as Collected
from contracts.commands import DiscardQuarantined, ReleaseQuarantine
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from domain.orders.facts import CarrierCollected
from hub import wiring
from hub.desk.proof import prove
from tests.integration.messages import (
    CLEAR,
    PAID,
    PLACED,
    SCORED,
    answers,
    approve,
    assert_once_and_in_order,
    authorized,
    header,
    journal,
    named,
    placed,
    send,
)
from tests.integration.troubles import assert_only_that_one_waits, one_refused, refuse
from tests.stage import Stage

pytestmark = pytest.mark.integration

OPEN = "SELECT id FROM set_aside WHERE kind = 'quarantined' AND closed_batch IS NULL"


async def command(
    stage: Stage,
    kind: type[ReleaseQuarantine | DiscardQuarantined],
    order: str,
    *scopes: str,
    stores: Sequence[str] = ("*",),
) -> None:
    """Send a command of an operator, and wait until it is answered."""
    before = len(await answers(stage, order))
    token = stage.token(*scopes, stores=stores)
    await stage.say("hub.commands", kind(), order, event_id=f"c-{before}", token=token)

    async def answered() -> bool:
        return len(await answers(stage, order)) > before

    await stage.until(answered, "the command is answered")


async def accept(stage: Stage) -> None:
    await stage.change("DROP TRIGGER refuse ON orders")


async def test_a_bug_stops_its_order_until_an_operator_releases_it_and_nothing_is_out_of_order(
    stage: Stage, bug: set[str]
) -> None:
    bad, good = named(0, count=2)
    bug.add(bad)
    stage.start_hub()
    for order in (bad, good):
        await stage.say("shop.events", placed(f"N-{order}"), order)
        await stage.until_read()
        await stage.say("payment.events", authorized(order), order)
        await stage.until_read()
        await stage.say("fraud.events", CLEAR, order)
    await stage.until_rows(OPEN, 3)
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o AND type = 'fraud.scored.v1'", o=good)
    assert await journal(stage, bad) == []
    bug.clear()

    await command(stage, ReleaseQuarantine, bad, "orders.manage")
    assert await journal(stage, bad) == []
    await command(stage, ReleaseQuarantine, bad)
    await stage.until_read()

    assert [(a["type"], a["code"]) for a in await answers(stage, bad)] == [
        ("command.rejected", "scope"),
        ("command.accepted", ""),
    ]
    assert await journal(stage, bad) == [PLACED, PAID, SCORED]
    assert await journal(stage, good) == [PLACED, PAID, SCORED]
    assert await stage.state(bad) == await stage.state(good)
    assert await stage.rows(OPEN) == await stage.rows("SELECT 1 FROM quarantine") == []
    told = [kind for kind in await stage.types(bad) if not kind.startswith("command.")]
    assert told == await stage.types(good)


@pytest.mark.parametrize("kind", [ReleaseQuarantine, DiscardQuarantined])
@pytest.mark.parametrize("known", [True, False], ids=["its store is known", "its store is not known"])
async def test_who_may_not_touch_the_store_releases_and_discards_nothing(
    stage: Stage, bug: set[str], kind: type[ReleaseQuarantine | DiscardQuarantined], known: bool
) -> None:
    bad = named(0)[0]
    stage.start_hub()
    if known:
        await stage.say("shop.events", placed(f"N-{bad}"), bad)
        await stage.until_state(bad, "payment_pending")
    bug.add(bad)
    await stage.say("fraud.events", CLEAR, bad)
    await stage.until_rows(OPEN)
    bug.clear()

    for stores in (["elsewhere"], [], ["elsewhere"] if known else ["north"]):
        await command(stage, kind, bad, "orders.operate", stores=stores)
    await stage.until_read()

    assert {(each["type"], each["code"]) for each in await answers(stage, bad)} == {("command.rejected", "scope")}
    assert len(await stage.rows(OPEN)) == 1
    [store] = {row["store"] for row in await stage.rows("SELECT store FROM orders")} if known else {"*"}
    await command(stage, kind, bad, "orders.operate", stores=[store])
    await stage.until_read()
    assert await stage.rows(OPEN) == []


async def test_a_release_sent_again_is_answered_again_and_releases_nothing(stage: Stage, bug: set[str]) -> None:
    bad = named(0)[0]
    bug.add(bad)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{bad}"), bad)
    await stage.until_rows(OPEN)
    bug.clear()
    await command(stage, ReleaseQuarantine, bad)
    await stage.until_state(bad, "payment_pending")
    bug.add(bad)
    await stage.say("fraud.events", CLEAR, bad)
    await stage.until_rows(OPEN)

    await stage.say("hub.commands", ReleaseQuarantine(), bad, event_id="c-0", token=stage.token())
    await stage.until_read()

    told = [(a["type"], a["code"], a["repeat"]) for a in await answers(stage, bad)]
    assert told == [("command.accepted", "", ""), ("command.accepted", "", "true")]
    assert len(await stage.rows(OPEN)) == 1


async def test_a_release_that_fails_again_keeps_the_order_and_a_discard_gives_up_its_first_record(
    stage: Stage, bug: set[str]
) -> None:
    bad = named(0)[0]
    bug.add(bad)
    stage.start_hub()
    await stage.say("fraud.events", CLEAR, bad)
    await stage.until_rows(OPEN)
    await stage.say("shop.events", placed(f"N-{bad}"), bad)
    await stage.until_rows(OPEN, 2)

    await command(stage, ReleaseQuarantine, bad)
    await stage.stop_hubs()
    stage.start_hub()
    assert len(await stage.rows(OPEN)) == 2
    bug.clear()
    await command(stage, DiscardQuarantined, bad)
    await stage.until_read()

    assert await journal(stage, bad) == [PLACED]
    assert await stage.rows(OPEN) == []
    letters = await stage.records("fraud.events.dlt")
    assert [header(letter, "hub_failure_code") for letter in letters] == ["discarded"]


async def test_a_row_that_postgresql_refuses_stops_its_order_only(stage: Stage) -> None:
    bad, *good = named(0, count=6)
    await refuse(stage, bad)
    for order in (*good[:2], bad, *good[2:]):
        await stage.say("shop.events", placed(f"N-{order}"), order)
        await stage.say("fraud.events", CLEAR, order)
    stage.start_hub()
    await stage.until_read()

    assert [row["order_id"] for row in await stage.rows("SELECT order_id FROM quarantine")] == [bad]
    for order in good:
        assert {PLACED, SCORED} <= set(await journal(stage, order))
    assert await journal(stage, bad) == []
    await accept(stage)
    await command(stage, ReleaseQuarantine, bad)
    await stage.until_read()
    assert {PLACED, SCORED} <= set(await journal(stage, bad))
    assert_once_and_in_order(await stage.records())


async def test_a_release_while_postgresql_still_refuses_is_answered_and_keeps_the_order(stage: Stage) -> None:
    bad, good = named(0, count=2)
    await refuse(stage, bad)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{bad}"), bad)
    await stage.until_rows(OPEN)

    await command(stage, ReleaseQuarantine, bad)
    await stage.say("shop.events", placed(f"N-{good}"), good)
    await stage.until_state(good, "payment_pending")
    assert [row["order_id"] for row in await stage.rows("SELECT order_id FROM quarantine")] == [bad]
    await accept(stage)
    await command(stage, ReleaseQuarantine, bad)
    await stage.until_read()

    assert await journal(stage, bad) == [PLACED]
    assert await stage.rows(OPEN) == []


async def test_a_server_that_fails_while_the_refused_row_is_looked_for_loses_no_record(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await one_refused(stage)
    faults = ["stored"]

    async def hit(name: str) -> None:
        if name in faults:
            faults.remove(name)
            raise ConnectionResetError("the connection broke")

    monkeypatch.setattr(failpoints, "_hit", hit)
    stage.start_hub()
    await stage.until_read()

    assert not faults
    await assert_only_that_one_waits(stage, bad, good)


async def test_a_record_that_waited_for_its_order_and_fails_waits_in_quarantine(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]

    def failing(order: Any, received: Any, known: Any) -> Any:
        if broken and isinstance(received.fact, CarrierCollected):
            raise ZeroDivisionError("a bug in a rule")
        return ORDER.decide(order, received, known)

    monkeypatch.setattr(wiring, "KINDS", Kinds(replace(ORDER, decide=failing), WORD_LIST))
    (order,) = named(0)
    stage.start_hub()
    await stage.say("carrier.events", Collected(tracking_number="T-1"), None, key=b"ref:T-1")
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'waiting'")
    await approve(stage, order)
    await send(stage, order, "T-1")
    await stage.until_rows(OPEN)
    await stage.until_read()
    broken.clear()
    await command(stage, ReleaseQuarantine, order)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'carrier.collected.v1' AND outcome = 'applied'")
    await stage.until_read()

    assert await stage.rows(OPEN) == []
    assert await stage.rows("SELECT 1 FROM set_aside WHERE kind = 'waiting' AND closed_batch IS NULL") == []
    report = await prove(stage.desk)
    assert report.ok, report.differences
