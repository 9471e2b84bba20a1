"""Limits on a running hub: a partner's bad data costs the partner, and nobody else waits for it."""

import re

import pytest

from contracts.carriers import CarrierException
from contracts.envelope import Envelope
from contracts.fraud import FraudScored, Verdict
from contracts.shop import CancellationRequested
from hub.desk import attention, failed, partners
from hub.desk.failed import Selection
from hub.desk.operations import Act
from hub.desk.proof import prove
from hub.settings import LimitSettings
from tests.integration.messages import CLEAR, PLACED, header, journal, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

BAD, MENDED = "/shops/bad", Act("mended", "ann")
STOPPED = "SELECT stopped FROM shard WHERE stopped IS NOT NULL"
PAUSED = "SELECT 1 FROM position WHERE paused IS NOT NULL"
HELD = "SELECT 1 FROM set_aside WHERE kind = 'held' AND closed_batch IS NULL"


async def _proved(stage: Stage) -> None:
    await stage.until_read()
    await stage.records()
    report = await prove(stage.desk)
    assert report.ok, report.differences


async def test_of_a_partner_on_whose_records_rules_fail_these_are_kept_back_and_its_good_ones_go_on(
    stage: Stage, bug: set[str]
) -> None:
    *bad, good, other = named(0, count=62)
    bug.update(bad)
    for number, order in enumerate(bad):
        await stage.say("shop.events", placed(f"N-{number}"), order, source=BAD)
    stage.start_hub()
    await stage.until_rows("SELECT 1 FROM pause")
    await stage.say("shop.events", placed("N-good"), good, source=BAD)
    await stage.say("shop.events", placed("N-other"), other, source="/shops/good")
    await stage.say("shop.events", CancellationRequested(reason="no"), bad[-1], source=BAD)
    await stage.say("carrier.events", CarrierException(tracking_number="T-1", code="lost"), bad[-1])
    for order in (good, other):
        await stage.until_state(order, "payment_pending")
    await stage.until_read()

    assert await stage.rows(STOPPED) == []
    assert len(await stage.rows("SELECT 1 FROM quarantine")) == 51
    assert len(await stage.rows(HELD)) == 11
    (paused,) = await partners.paused(stage.desk)
    assert (paused.source, paused.who) == (BAD, "the hub")
    assert paused.why.startswith(f"rules failed on 50 records in a row of {BAD}, the last at shop.events/0/")

    bug.clear()
    await partners.resume(stage.desk, MENDED, BAD)
    await failed.retry(stage.desk, MENDED, Selection(kind="quarantined"))
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'order.placed.v1'", 62)
    await stage.until_read()
    assert await stage.rows(HELD) == []
    told = await journal(stage, bad[-1])
    assert told.index(PLACED) < [kind for kind, _ in told].index("cancellation.requested")
    await _proved(stage)


async def test_an_operator_keeps_everything_back_of_a_partner_that_the_hub_doubts(stage: Stage, bug: set[str]) -> None:
    *bad, good, late = named(0, count=7)
    bug.update(bad)
    stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings(failed_in_a_row=5)}))
    for number, order in enumerate(bad):
        await stage.say("shop.events", placed(f"N-{number}"), order, source=BAD)
    await stage.until_rows("SELECT 1 FROM pause WHERE who = 'the hub'")
    await stage.say("shop.events", placed("N-good"), good, source=BAD)
    await stage.until_state(good, "payment_pending")

    assert await partners.pause(stage.desk, Act("it is them", "ann"), BAD)
    assert not await partners.pause(stage.desk, Act("again", "ann"), BAD)
    await stage.say("shop.events", placed("N-late"), late, source=BAD)
    await stage.until_rows(HELD)
    assert await stage.state(late) is None

    await partners.resume(stage.desk, MENDED, BAD)
    await stage.until_state(late, "payment_pending")


async def test_orders_in_quarantine_are_counted_for_each_partner(stage: Stage, bug: set[str]) -> None:
    bad, good = named(0, count=8), named(0, "g", count=8)
    bug.update(bad)
    stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings(quarantined=3)}))
    for number, (one, other) in enumerate(zip(bad, good, strict=True)):
        await stage.say("shop.events", placed(f"N-{number}"), one, source=BAD)
        await stage.say("shop.events", placed(f"G-{number}"), other, source=BAD if number < 4 else "/shops/good")
        await stage.until_read()

    assert await stage.rows(STOPPED) == []
    assert len(await stage.rows("SELECT 1 FROM quarantine")) == 4
    assert len(await stage.rows(HELD)) == 4
    assert len(await stage.rows("SELECT 1 FROM orders")) == 8
    (paused,) = await partners.paused(stage.desk)
    assert paused.why.startswith(f"more than 3 aggregates went into quarantine by records of {BAD}")


def _garbage(order: str, event_id: str, structured: bool) -> tuple[list[tuple[str, bytes]], bytes]:
    """Return headers and value of an order that is none, under the name of a partner."""
    if not structured:
        return Envelope(event_id, BAD, "order.placed.v1", order).headers(), b'{"number": 7}'
    about = f'"specversion":"1.0","id":"{event_id}","source":"{BAD}","type":"order.placed.v1"'
    value = f'{{{about},"subject":"{order}","data":{{"number":7}}}}'.encode()
    return [("content-type", b"application/cloudevents+json")], value


@pytest.mark.parametrize("structured", [False, True])
async def test_garbage_under_a_partners_name_keeps_nothing_of_this_partner_back(stage: Stage, structured: bool) -> None:
    first, *good = named(0, count=6)
    stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings(unreadable_in_a_row=20)}))
    for number in range(50):
        headers, value = _garbage(first, f"e-{number}", structured)
        await stage.write("shop.events", key=first.encode(), value=value, headers=headers, partition=0)
    await stage.until_rows("SELECT 1 FROM attention WHERE kind = 'unreadable'")
    for number, order in enumerate(good):
        headers, value = _garbage(order, f"l-{number}", structured)
        await stage.write("shop.events", key=order.encode(), value=value, headers=headers, partition=0)
        await stage.say("shop.events", placed(f"N-{number}"), order, source=BAD)
        await stage.until_state(order, "payment_pending")
    await stage.until_read()

    assert await stage.rows(PAUSED) == await stage.rows(STOPPED) == await stage.rows(HELD) == []
    assert await partners.paused(stage.desk) == []
    letters = [header(letter, "hub_failure_code") for letter in await stage.records("shop.events.dlt")]
    assert letters == ["data_invalid"] * 55
    (note,) = (await attention.read(stage.desk, attention.Query())).notes
    told = rf"shop.events/0: \d+ records in a row under the name {BAD} could not be read, the last at offset"
    assert re.match(told, note.detail)
    assert "the name may be borrowed" in note.do
    await _proved(stage)


async def test_garbage_on_the_topics_of_several_parties_stops_no_shard(stage: Stage) -> None:
    order, topics = named(0)[0], ("fraud.events", "shop.events", "payment.events", "carrier.events")
    stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings(unreadable_in_a_row=20)}))
    for topic in topics:
        for number in range(25):
            headers = Envelope(f"e-{topic}-{number}", "/partners/test", "nothing.known.v1", order).headers()
            await stage.write(topic, key=order.encode(), value=b"{}", headers=headers, partition=0)
    await stage.say("fraud.events", CLEAR, order)
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_state(order, "payment_pending")
    await stage.until_read()

    assert await stage.rows(PAUSED) == await stage.rows(STOPPED) == await stage.rows(HELD) == []
    assert len(await stage.rows("SELECT 1 FROM set_aside WHERE code = 'type_unknown'")) == 100
    assert [note.kind for note in (await attention.read(stage.desk, attention.Query())).notes] == ["unreadable"]
    await _proved(stage)


async def test_what_waits_behind_one_order_is_bounded_and_costs_that_order_alone(stage: Stage, bug: set[str]) -> None:
    bad, good = named(0, count=2)
    bug.add(bad)
    stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings(queue=5)}))
    await stage.say("shop.events", placed(), bad)
    for number in range(9):
        await stage.say("carrier.events", CarrierException(tracking_number=f"T-{number}", code="lost"), bad)
    await stage.say("shop.events", placed(), good)
    await stage.until_state(good, "payment_pending")
    await stage.until_read()

    assert await stage.rows(STOPPED) == []
    letters = [header(letter, "hub_failure_code") for letter in await stage.records("carrier.events.dlt")]
    assert letters == ["too_many_behind"] * 5
    (note,) = (await attention.read(stage.desk, attention.Query())).notes
    assert (note.kind, note.order_id) == ("too_many_behind", bad)

    bug.clear()
    await failed.retry(stage.desk, MENDED, Selection(kind="quarantined"))
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o AND type = 'order.placed.v1'", o=bad)
    await failed.retry(stage.desk, MENDED, Selection(kind="dead_letter"))
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o AND type = 'carrier.exception.v1'", 9, o=bad)
    await _proved(stage)


async def test_what_fails_of_the_hub_itself_is_no_partners_fault(stage: Stage, bug: set[str]) -> None:
    orders = named(0, count=4)
    bug.add("timer.due.v1")
    limits = {"limits": LimitSettings(failed_in_a_row=3), "policy": {"payment_answer": "PT0.1S"}}
    stage.start_hub(stage.settings.model_copy(update=limits))
    for number, order in enumerate(orders):
        await stage.say("shop.events", placed(f"N-{number}"), order)

    (row,) = await stage.until_rows(STOPPED)
    assert "rules failed on 3 records in a row of /hub/timers, the last at hub.internal/0/" in row["stopped"]
    assert "hub shard resume" in row["stopped"]


async def test_a_decline_of_one_source_says_nothing_of_another(stage: Stage, bug: set[str]) -> None:
    bad, *good = named(0, count=6)
    stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings(failed_in_a_row=2)}))
    bug.add(bad)
    await stage.say("fraud.events", CLEAR, bad, source="/fraud/one")
    for order in good:
        await stage.say("fraud.events", FraudScored(verdict=Verdict.DECLINE), order, source="/fraud/two")
    await stage.until_read()

    assert await partners.paused(stage.desk) == []
