"""What an operator does to failed records: look, try again, edit, skip, archive, hold back; all of it audited."""

import pytest

from contracts.fraud import FraudScored, Verdict
from hub.desk import attention, failed, operations, partners, shards, topics
from hub.desk.editing import Changes
from hub.desk.errors import RecordIsClosed, RecordIsUnknown
from hub.desk.failed import EditPreview, Preview, Selection
from hub.desk.operations import Act, Progress
from hub.desk.proof import prove
from hub.settings import LimitSettings
from tests.integration.messages import CLEAR, authorized, header, journal, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

PLACED, PAID, SCORED = ("order.placed", "applied"), ("payment.authorized", "applied"), ("fraud.scored", "applied")
OPEN = "SELECT id FROM set_aside WHERE kind = :k AND closed_batch IS NULL ORDER BY id"
MENDED = Act("the cause is mended", "ann")


async def proved(stage: Stage) -> None:
    """Assert that verify finds nothing wrong."""
    await stage.until_read()
    await stage.records()
    report = await prove(stage.desk)
    assert report.ok, report.differences


async def settled(stage: Stage, asked: Progress | Preview | EditPreview) -> Progress:
    """Wait until nothing of an operation waits any more, and return it."""
    done = begun(asked)

    async def over() -> Progress | None:
        found = await operations.progress(stage.desk, done.id)
        return None if found.waiting else found

    found: Progress = await stage.until(over, f"operation {done.id} is over")
    return found


def begun(asked: Progress | Preview | EditPreview) -> Progress:
    """Return an operation that was begun, and not only looked at."""
    assert isinstance(asked, Progress)
    return asked


async def broken(stage: Stage, order: str, event_id: str = "b-1", value: bytes = b'{"verdict":7}') -> int:
    """Send a verdict that can't be read, and return the number of its dead letter."""
    headers = [("ce_specversion", b"1.0"), ("ce_source", b"/partners/test"), ("ce_type", b"fraud.scored.v1")]
    headers += [("ce_id", event_id.encode()), ("ce_subject", order.encode())]
    place = await stage.write("fraud.events", key=order.encode(), value=value, headers=headers, partition=0)
    rows = await stage.until_rows(
        'SELECT id FROM set_aside WHERE topic = :t AND partition = :p AND "offset" = :o',
        t="fraud.events",
        p=place[0],
        o=place[1],
    )
    return int(rows[0]["id"])


async def test_failed_records_are_grouped_by_cause_with_counts_and_times(stage: Stage, bug: set[str]) -> None:
    first, second = named(0, count=2)
    bug.add(first)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{first}"), first)
    await stage.say("fraud.events", CLEAR, first)
    for number in range(3):
        await broken(stage, second, f"b-{number}")
    await stage.until_rows(OPEN, 2, k="quarantined")

    found = {
        (g.kind, g.code, g.topic): (g.count, g.orders, g.first <= g.last)
        for g in await failed.groups(stage.desk, Selection())
    }

    assert found.pop(("dead_letter", "data_invalid", "fraud.events")) == (3, 0, True)
    assert sum(count for count, _, _ in found.values()) == 2
    assert {kind for kind, _, _ in found} == {"quarantined"}
    only = await failed.groups(stage.desk, Selection(kind="dead_letter", topic="fraud.events"))
    assert [group.count for group in only] == [3]
    assert await failed.groups(stage.desk, Selection(topic="carrier.events")) == []


async def test_a_dead_letter_that_is_tried_again_in_vain_stays_and_is_not_published_again(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    number = await broken(stage, order)

    done = await settled(stage, await failed.retry(stage.desk, MENDED, Selection(code="data_invalid")))

    assert (done.touched, done.failed, done.became) == (1, 1, {})
    row = await failed.record(stage.desk, number)
    assert (row.tries, row.asked, row.closed_batch) == (1, None, None)
    assert len(await stage.records("fraud.events.dlt")) == 1
    await proved(stage)


async def test_an_edited_dead_letter_is_applied_and_its_original_stays_beside_it(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    number = await broken(stage, order)

    looked = await failed.edit(
        stage.desk, Act("typo", dry_run=True), number, Changes(fields={"verdict": "clear"}, headers={"note": "x"})
    )
    assert isinstance(looked, EditPreview)
    assert looked.value == '{"verdict":"clear"}'
    assert (await failed.record(stage.desk, number)).edited_value is None
    done = await settled(
        stage, await failed.edit(stage.desk, Act("typo", "ann"), number, Changes(fields={"verdict": "clear"}))
    )

    assert done.became == {"applied": 1}
    assert await journal(stage, order) == [PLACED, SCORED]
    row = await failed.record(stage.desk, number)
    assert (row.value, row.edited_value) == (b'{"verdict":7}', b'{"verdict":"clear"}')
    await proved(stage)
    with pytest.raises(RecordIsClosed):
        await failed.edit(stage.desk, Act("again"), number, Changes(fields={"verdict": "clear"}))


async def test_a_reused_id_goes_through_once_its_record_has_an_id_of_its_own(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_state(order, "payment_pending")
    await stage.say("fraud.events", CLEAR, order, event_id="f-1")
    await stage.say("fraud.events", FraudScored(verdict=Verdict.REVIEW), order, event_id="f-1")
    (row,) = await stage.until_rows(OPEN, k="dead_letter")

    done = await settled(
        stage, await failed.edit(stage.desk, Act("its own id"), row["id"], Changes(headers={"ce_id": "f-2"}))
    )

    assert done.became == {"applied": 1}
    rows = await stage.rows("SELECT event_id FROM journal WHERE type = 'fraud.scored.v1' ORDER BY seq")
    assert [each["event_id"] for each in rows] == ["f-1", "f-2"]
    await proved(stage)


async def test_a_fixed_rule_lets_a_long_queue_go_on_in_its_order_across_topics(stage: Stage, bug: set[str]) -> None:
    bad, good = named(0, count=2)
    bug.add(bad)
    stage.start_hub()
    for order in (bad, good):
        for number in range(3):
            topic, message = ("shop.events", placed(f"N-{order}")) if number == 0 else ("fraud.events", CLEAR)
            await stage.say(topic, message, order, event_id=f"{order}-{number}")
            await stage.until_read()
        await stage.say("payment.events", authorized(order), order)
        await stage.until_read()
    await stage.until_rows(OPEN, 4, k="quarantined")
    bug.clear()

    done = await settled(stage, await failed.retry(stage.desk, MENDED, Selection(order=bad)))

    assert done.became == {"applied": 4}
    assert await journal(stage, bad) == await journal(stage, good)
    assert await stage.rows("SELECT 1 FROM quarantine") == []
    await proved(stage)


async def test_a_queue_whose_first_record_fails_again_is_over_and_all_of_it_still_there(
    stage: Stage, bug: set[str]
) -> None:
    (order,) = named(0)
    bug.add(order)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_rows(OPEN, 1, k="quarantined")
    for number in range(2):
        await stage.say("fraud.events", CLEAR, order, event_id=f"f-{number}")
    await stage.until_rows(OPEN, 3, k="quarantined")

    done = await settled(stage, await failed.retry(stage.desk, MENDED, Selection(order=order)))

    assert (done.touched, done.failed, done.became) == (3, 3, {})
    assert [row.asked for row in await failed.records(stage.desk, Selection(order=order), 10)] == [None] * 3


async def test_a_queue_that_is_longer_than_a_batch_goes_on_in_pieces_and_nothing_overtakes(
    stage: Stage, bug: set[str]
) -> None:
    (order,) = named(0)
    bug.add(order)
    await stage.say("shop.events", placed(f"N-{order}"), order)
    for number in range(1_100):
        await stage.say("fraud.events", CLEAR, order, event_id=f"f-{number}")
    stage.start_hub()
    await stage.until_rows(OPEN, 1_101, k="quarantined")
    bug.clear()

    await failed.retry(stage.desk, MENDED, Selection(order=order))
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'fraud.scored.v1' AND refers_to IS NULL", 1)
    for number in range(1_100, 1_110):
        await stage.say("fraud.events", CLEAR, order, event_id=f"f-{number}")
    rows = await stage.until_rows(
        "SELECT event_id FROM journal WHERE type = 'fraud.scored.v1' AND refers_to IS NULL ORDER BY seq", 1_110
    )

    assert [row["event_id"] for row in rows] == [f"f-{number}" for number in range(1_110)]
    assert await stage.rows("SELECT 1 FROM quarantine") == []
    await proved(stage)


async def test_an_edit_in_the_queue_is_tried_when_its_turn_comes(stage: Stage, bug: set[str]) -> None:
    (order,) = named(0)
    bug.add("fraud.scored.v1")
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_state(order, "payment_pending")
    await stage.say("fraud.events", CLEAR, order)
    await stage.until_rows(OPEN, 1, k="quarantined")
    await stage.say("payment.events", authorized(order), order)
    first, second = await stage.until_rows(OPEN, 2, k="quarantined")

    done = await settled(
        stage, await failed.edit(stage.desk, Act("as an event that rules stand"), first["id"], Changes(headers={}))
    )
    assert done.failed == 1
    assert len(await stage.rows(OPEN, k="quarantined")) == 2
    bug.clear()
    done = await settled(
        stage, await failed.edit(stage.desk, Act("judged anew"), first["id"], Changes(fields={"verdict": "review"}))
    )

    assert done.became == {"applied": 1}
    assert await journal(stage, order) == [PLACED, SCORED, PAID]
    assert await stage.state(order) == "risk_review"
    assert (await failed.record(stage.desk, second["id"])).closed_as == "applied"
    await proved(stage)


async def test_a_skipped_record_is_a_dead_letter_and_its_order_goes_on(stage: Stage, bug: set[str]) -> None:
    (order,) = named(0)
    bug.add("fraud.scored.v1")
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_state(order, "payment_pending")
    await stage.say("fraud.events", CLEAR, order)
    (row,) = await stage.until_rows(OPEN, 1, k="quarantined")
    await stage.say("payment.events", authorized(order), order)
    await stage.until_rows(OPEN, 2, k="quarantined")

    done = await settled(stage, await failed.skip(stage.desk, Act("never mind"), Selection(ids=(row["id"],))))

    assert done.became == {"dead_letter": 1}
    assert await journal(stage, order) == [PLACED, PAID]
    letters = await stage.records("fraud.events.dlt")
    assert [header(letter, "hub_failure_code") for letter in letters] == ["discarded"]
    await proved(stage)


async def test_archived_records_leave_the_lists_and_come_back(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    number = await broken(stage, order)

    await failed.archive(stage.desk, Act("known"), Selection(code="data_invalid"))
    assert await failed.groups(stage.desk, Selection()) == []
    retried = await failed.retry(stage.desk, MENDED, Selection(ids=(number,)))
    assert begun(retried).touched == 0
    (group,) = await failed.groups(stage.desk, Selection(archived=True))
    assert group.count == 1
    await failed.archive(stage.desk, Act("after all"), Selection(ids=(number,), archived=True), back=True)

    assert [row.id for row in await failed.records(stage.desk, Selection(), 10)] == [number]
    await proved(stage)


async def test_the_same_key_is_the_same_operation_and_a_dry_run_does_nothing(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    number = await broken(stage, order)

    dry = await failed.retry(stage.desk, Act("look", dry_run=True), Selection())
    assert isinstance(dry, Preview)
    assert [group.count for group in dry.groups] == [1]
    assert await operations.history(stage.desk, 10) == []
    first = await failed.retry(stage.desk, Act("once", "ann", "k-1"), Selection())
    await settled(stage, first)
    again = await failed.retry(stage.desk, Act("once", "ann", "k-1"), Selection())

    assert begun(again).id == begun(first).id
    assert (await failed.record(stage.desk, number)).tries == 1
    (told,) = await operations.history(stage.desk, 10)
    assert (told.who, told.why, told.action, told.touched) == ("ann", "once", "retry", 1)
    with pytest.raises(RecordIsUnknown):
        await failed.record(stage.desk, 10**9)


async def test_a_queue_with_a_gap_stays_until_the_gap_is_accepted(stage: Stage, bug: set[str]) -> None:
    (order,) = named(0)
    bug.add(order)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_rows(OPEN, 1, k="quarantined")
    await stage.say("fraud.events", CLEAR, order)
    rows = await stage.until_rows(OPEN, 2, k="quarantined")
    await stage.change("DELETE FROM set_aside WHERE id = :i", i=rows[1]["id"])
    bug.clear()

    await failed.retry(stage.desk, MENDED, Selection(order=order))
    await stage.until_rows("SELECT 1 FROM quarantine WHERE reason LIKE '2 records waited, only 1%'")
    assert await journal(stage, order) == []
    done = await failed.retry(stage.desk, Act("the rest is known"), Selection(order=order), accept_gap=True)
    await settled(stage, done)

    assert await journal(stage, order) == [PLACED]


async def test_a_paused_partner_waits_and_all_others_go_on(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    assert await partners.pause(stage.desk, Act("sends nonsense", "ann"), "/partners/fraud")
    assert not await partners.pause(stage.desk, Act("again"), "/partners/fraud")
    for number in range(2):
        await stage.say("fraud.events", CLEAR, order, source="/partners/fraud", event_id=f"f-{number}")
    await stage.until_rows(OPEN, 2, k="held")
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.say("payment.events", authorized(order), order)
    await stage.until_state(order, "risk_review")
    (told,) = await partners.paused(stage.desk)
    assert (told.source, told.kept, told.who) == ("/partners/fraud", 2, "ann")

    assert await partners.resume(stage.desk, Act("mended"), "/partners/fraud")
    await stage.say("fraud.events", CLEAR, order, source="/partners/fraud", event_id="f-2")
    await stage.until_state(order, "availability_requested")
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'fraud.scored.v1'", 3)

    rows = await stage.rows("SELECT event_id FROM journal WHERE type = 'fraud.scored.v1' ORDER BY seq")
    assert [row["event_id"] for row in rows] == ["f-0", "f-1", "f-2"]
    await proved(stage)


async def test_a_paused_topic_and_a_paused_shard_go_on_when_resumed(stage: Stage) -> None:
    (order,) = named(0)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_state(order, "payment_pending")

    assert await topics.pause(stage.desk, Act("maintenance", "ann"), "fraud.events") == 2
    paused = await stage.until_rows("SELECT paused FROM position WHERE paused IS NOT NULL", 2)
    assert paused[0]["paused"] == "paused by ann: maintenance"
    await stage.say("payment.events", authorized(order), order)
    await stage.until_state(order, "risk_review")
    assert await shards.pause(stage.desk, Act("maintenance", "ann"), 0)
    await stage.until_rows("SELECT 1 FROM shard WHERE k NOT IN (SELECT k FROM lease) AND k = 0")
    await stage.say("fraud.events", CLEAR, order)
    assert await topics.resume(stage.desk, Act("over"), "fraud.events") == 2
    assert await stage.state(order) == "risk_review"
    assert await shards.resume(stage.desk, Act("over"), 0)

    await stage.until_state(order, "availability_requested")
    told = [each.action for each in await operations.history(stage.desk, 10)]
    assert told == ["resume shard", "resume topic", "pause shard", "pause topic"]
    await proved(stage)


async def test_a_topic_is_paused_before_it_is_read_for_the_first_time(stage: Stage) -> None:
    (order,) = named(0)
    assert await topics.pause(stage.desk, Act("they send twice", "ann"), "shop.events") == 2
    assert await topics.pause(stage.desk, Act("they send twice", "bob"), "shop.events") == 0
    assert await topics.resume(stage.desk, Act("not there"), "shop.events", 1) == 1
    (told,) = (await attention.read(stage.desk, attention.Query())).paused
    assert (told.what, told.because) == ("shop.events/0", "paused by ann: they send twice")
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.say("fraud.events", CLEAR, order)

    stage.start_hub()
    await stage.until_rows("SELECT 1 FROM shard WHERE k = 0 AND batch > 0")
    (paused,) = await stage.until_rows("SELECT topic, partition FROM position WHERE paused IS NOT NULL")

    assert (paused["topic"], paused["partition"]) == ("shop.events", 0)
    assert await stage.rows("SELECT 1 FROM journal WHERE type = 'order.placed.v1'") == []
    assert await topics.resume(stage.desk, Act("they don't", "ann"), "shop.events") == 1
    await stage.until_state(order, "payment_pending")
    assert await stage.rows("SELECT 1 FROM paused_ahead") == []
    await proved(stage)


async def test_other_code_tries_again_by_itself_what_this_code_failed_on(stage: Stage, bug: set[str]) -> None:
    (order,) = named(0)
    bug.add(order)
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_rows(OPEN, 1, k="quarantined")
    await stage.say("fraud.events", CLEAR, order)
    await stage.until_rows(OPEN, 2, k="quarantined")
    await stage.stop_hubs()
    bug.clear()
    stage.start_hub()
    await stage.until_read()
    assert await journal(stage, order) == [], "the same code doesn't try by itself"
    await stage.stop_hubs()

    await stage.change("UPDATE quarantine SET made_by = 'the version before'")
    stage.start_hub()
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o", 2, o=order)

    assert await journal(stage, order) == [PLACED, SCORED]
    assert await stage.rows("SELECT 1 FROM quarantine") == []
    await proved(stage)


async def test_a_bad_deploy_stops_the_shard_and_loses_nothing(stage: Stage, bug: set[str]) -> None:
    orders = named(0, count=60)
    bug.add("order.placed.v1")
    for number, order in enumerate(orders):
        await stage.say("shop.events", placed(f"N-{number}"), order, source=f"/shops/{number % 3}")
    stage.start_hub(stage.settings.model_copy(update={"limits": LimitSettings(failed_in_a_row=10)}))

    (row,) = await stage.until_rows("SELECT stopped FROM shard WHERE k = 0 AND stopped IS NOT NULL")
    assert "rules failed on too many records of /shops/0, /shops/1, /shops/2 at once" in row["stopped"]
    assert "the last at shop.events/0/" in row["stopped"]
    assert len(await stage.rows(OPEN, k="quarantined")) < 30
    bug.clear()
    for source in ("/shops/0", "/shops/1"):
        await partners.resume(stage.desk, Act("rolled back"), source)
    await shards.resume(stage.desk, Act("rolled back"), 0)
    await failed.retry(stage.desk, Act("rolled back"), Selection(kind="quarantined"))
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'order.placed.v1'", 60)

    assert await stage.rows("SELECT 1 FROM quarantine") == []
    await proved(stage)


async def test_orders_that_fail_again_stop_no_shard_however_many_they_are(stage: Stage, bug: set[str]) -> None:
    strict = stage.settings.model_copy(update={"limits": LimitSettings(failed_in_a_row=3)})
    *bad, good = named(0, count=6)
    bug |= set(bad)
    stage.start_hub(strict)
    for number, order in enumerate(bad):
        await stage.say("shop.events", placed(f"N-{number}"), order)
        await stage.until_rows(OPEN, number + 1, k="quarantined")
        await stage.say("shop.events", placed(f"G-{number}"), good, event_id=f"g-{number}")
        await stage.until_rows("SELECT 1 FROM journal WHERE order_id = :o", number + 1, o=good)

    done = await settled(stage, await failed.retry(stage.desk, MENDED, Selection(kind="quarantined")))

    assert (done.touched, done.failed) == (5, 5)
    assert await stage.rows("SELECT 1 FROM shard WHERE stopped IS NOT NULL") == []
    bug.clear()
    await settled(stage, await failed.retry(stage.desk, MENDED, Selection(kind="quarantined")))
    assert await stage.rows("SELECT 1 FROM quarantine") == []
    await proved(stage)
