"""Strangers and secrets: what others write to the hub's own topic is not obeyed, and nobody reads a token anywhere."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from pydantic_core import to_json

from adapters import tokens
from contracts import samples
from contracts.commands import HoldOrder
from contracts.envelope import Envelope
from contracts.internal import TimerDue
from contracts.message import Message
from contracts.topics import INTERNAL
from contracts.values import changed
from contracts.wire import Record, unpack_headers
from hub.desk import attention
from tests.integration.messages import answers, assert_proved, header, named, placed
from tests.stage import TOKEN_KEY, Stage

pytestmark = pytest.mark.integration

ORDER, OTHER = named(0, count=2)
TOPIC = INTERNAL.name


async def _told(stage: Stage) -> list[str]:
    return [header(letter, "hub_failure_code") for letter in await stage.records(f"{TOPIC}.dlt")]


async def _state(stage: Stage) -> list[dict[str, object]]:
    orders = await stage.rows("SELECT order_id, seq, version, document FROM orders ORDER BY order_id")
    return [*orders, *await stage.rows("SELECT order_id, timer_id FROM timers ORDER BY order_id, timer_id")]


async def _write(stage: Stage, record: Record) -> None:
    await stage.write(TOPIC, key=record.key, value=record.value, headers=record.headers, partition=0)


@pytest.mark.parametrize("order", [ORDER, OTHER])
@pytest.mark.parametrize("source", ["/somebody", "/hub/orders", "/hub/timers"])
async def test_no_message_between_orders_is_obeyed_that_the_hub_did_not_write(
    stage: Stage, order: str, source: str
) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    await stage.until_state(ORDER, "payment_pending")
    before = await _state(stage)

    for message in INTERNAL.messages:
        event = Envelope(f"{OTHER}:1:{message.name}", source, message.type(), order).headers()
        value = to_json(samples.valid(INTERNAL, message.type()))
        await stage.write(TOPIC, key=order.encode(), value=value, headers=event, partition=0)
    await stage.until_read()

    assert await _told(stage) == ["signature_invalid"] * len(INTERNAL.messages)
    assert await _state(stage) == before
    view = await attention.read(stage.desk, attention.Query())
    (note,) = view.notes
    assert note.kind == "signature_invalid"
    assert "hub.internal/0/" in note.detail
    await assert_proved(stage)


async def test_a_deadline_of_an_order_does_not_pass_since_somebody_says_so(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    await stage.until_state(ORDER, "payment_pending")
    (timer, *_) = await stage.rows("SELECT timer_id, kind, due_at FROM timers")

    message = TimerDue(timer_id=timer["timer_id"], kind=timer["kind"], due_at=timer["due_at"])
    await stage.say(TOPIC, message, ORDER, source="/hub/timers")
    await stage.until_read()

    assert await _told(stage) == ["signature_invalid"]
    assert await stage.rows("SELECT 1 FROM timers WHERE timer_id = :timer_id", timer_id=timer["timer_id"])


async def test_a_stranger_does_not_bring_the_topic_to_a_stand(stage: Stage) -> None:
    stage.start_hub(stage.settings.model_copy(update={"policy": {"closing": "PT0.1S"}}))
    message: Message = TimerDue(timer_id="t", kind="closing", due_at=datetime(2026, 11, 29, 10, tzinfo=UTC))
    for number in range(250):
        event = Envelope(f"e-{number}", "/hub/timers", message.type(), ORDER).headers()
        await stage.write(TOPIC, key=ORDER.encode(), value=message.encoded(), headers=event, partition=0)
    await stage.until_read()

    assert await _told(stage) == ["signature_invalid"] * 250
    assert await stage.rows("SELECT 1 FROM position WHERE paused IS NOT NULL") == []
    assert len((await attention.read(stage.desk, attention.Query())).notes) == 1
    await stage.change("UPDATE set_aside SET archived = true WHERE code = 'signature_invalid'")
    assert (await attention.read(stage.desk, attention.Query())).notes == []


async def test_copies_of_what_the_hub_wrote_change_nothing_and_altered_ones_are_refused(stage: Stage) -> None:
    settings = stage.settings.model_copy(update={"policy": {"payment_answer": "PT0.1S"}})
    stage.start_hub(settings)
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    (due,) = await stage.until(lambda: stage.records(TOPIC), "a deadline has gone off")
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'timer.due.v1'")

    await _write(stage, due)
    altered = [
        changed(due, key=OTHER.encode()),
        changed(due, value=(due.value or b"").replace(b'"kind"', b'"kinD"')),
        changed(due, headers=(("extra", b"1"), *due.headers)),
        changed(due, headers=due.headers[:-1]),
        changed(due, headers=(*due.headers, ("hub-sent-home-from", b"hub.internal/1/1"))),
    ]
    for record in altered:
        await _write(stage, record)
    await stage.until_read()

    assert await _told(stage) == ["signature_invalid"] * len(altered)
    assert len(await stage.rows("SELECT 1 FROM journal WHERE type = 'timer.due.v1'")) == 1


@pytest.mark.parametrize("name", ["hub-token", "Hub-Token", "Authorization"])
async def test_a_command_that_breaks_its_contract_leaves_its_token_nowhere(stage: Stage, name: str) -> None:
    token = stage.token("orders.manage").encode()
    stage.start_hub()
    await stage.say("shop.events", placed(f"N-{ORDER}"), ORDER)
    event = Envelope("c-1", "/tools/desk", "order.hold.v1", ORDER).headers()
    headers = [*event, (name, token), ("trace", b"t-1")]
    await stage.write("hub.commands", key=ORDER.encode(), value=b'{"reason": 1}', headers=headers, partition=0)
    await stage.until_read()

    (letter,) = await stage.records("hub.commands.dlt")
    (row,) = await stage.rows("SELECT headers, detail FROM set_aside WHERE kind = 'dead_letter'")
    digest = b"sha256:" + sha256(token).hexdigest().encode()
    assert dict(letter.headers)[name] == digest
    assert dict(unpack_headers(row["headers"])) == dict(event) | {name: digest, "trace": b"t-1"}
    assert token not in b"".join(content or b"" for _, content in letter.headers) + row["detail"].encode()
    await assert_proved(stage)


async def test_nobody_takes_the_id_of_an_act_of_the_api(stage: Stage) -> None:
    ordinary = stage.token("orders.manage")
    bound = tokens.create(TOKEN_KEY, "ann", ["orders.manage"], ["*"], timedelta(hours=1), command="c-1")
    stage.start_hub()
    await stage.say("shop.events", placed(), ORDER)
    await stage.until_state(ORDER, "payment_pending")
    for token in (ordinary, bound):
        await stage.say("hub.commands", HoldOrder(reason="wait"), ORDER, event_id="c-1", source="/api", token=token)
    await stage.until_read()

    told = [(each["type"], each["code"]) for each in await answers(stage, ORDER)]
    (letter,) = await stage.rows("SELECT code FROM set_aside WHERE kind = 'dead_letter'")
    assert told == [("command.accepted", "")]
    assert letter == {"code": "not_of_the_api"}
    await assert_proved(stage)


async def test_a_token_that_was_made_for_one_command_is_good_for_no_other(stage: Stage) -> None:
    token = tokens.create(TOKEN_KEY, "ann", ["orders.manage"], ["*"], timedelta(hours=1), command="c-1")
    stage.start_hub()
    await stage.say("shop.events", placed(), ORDER)
    await stage.until_state(ORDER, "payment_pending")
    for event_id, order in (("c-2", ORDER), ("c-1", ORDER), ("c-1", ORDER)):
        await stage.say("hub.commands", HoldOrder(reason="wait"), order, event_id=event_id, token=token)
    await stage.until_read()

    told = [(a["type"], a["command"], a["code"], a["repeat"]) for a in await answers(stage, ORDER)]
    assert told == [
        ("command.rejected", "c-2", "scope", ""),
        ("command.accepted", "c-1", "", ""),
        ("command.accepted", "c-1", "", "true"),
    ]
    await assert_proved(stage)
