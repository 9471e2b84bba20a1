"""Who sends a command that breaks its contract is answered, as far as author and subject can be read."""

import json

import pytest

from contracts.envelope import Envelope
from contracts.wire import Record
from tests.integration.messages import assert_proved, header, named, placed
from tests.stage import Stage

pytestmark = [pytest.mark.integration, pytest.mark.rule("O-76")]

ORDER, OTHER = named(0)[0], named(1)[0]


async def _say(stage: Stage, order: str, value: bytes | None, token: str | None = None, **said: object) -> None:
    event = Envelope(str(said.get("id", "c-1")), "/tools/desk", str(said.get("type", "order.hold.v1")), order).headers()
    headers = [*event, *([("hub-token", token.encode())] if token else [])]
    partition = said.get("partition", 0)
    assert isinstance(partition, int)
    await stage.write("hub.commands", key=order.encode(), value=value, headers=headers, partition=partition)


async def _answers(stage: Stage, topic: str = "order.events") -> list[tuple[Record, dict[str, object]]]:
    found = [record for record in await stage.records(topic) if header(record, "ce_type") == "command.rejected.v1"]
    return [(record, json.loads(record.value or b"")) for record in found]


@pytest.mark.parametrize(
    ("value", "type_", "code", "pointers"),
    [
        (b'{"reason": 1, "expected_version": -1}', "order.hold.v1", "data_invalid", ["/expected_version", "/reason"]),
        (b'{"text": ""', "order.comment.v1", "data_invalid", []),
        (b"{}", "refund.approve.v1", "data_invalid", ["/refund_id"]),
        (b'{"remove": [1, 1]}', "order.modify.v1", "data_invalid", ["/remove/1"]),
        (None, "order.hold.v1", "data_missing", []),
        (b"{}", "order.holt.v1", "type_unknown", []),
    ],
)
async def test_a_command_that_breaks_its_contract_is_answered_with_pointers(
    stage: Stage, value: bytes | None, type_: str, code: str, pointers: list[str]
) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), ORDER)
    await _say(stage, ORDER, value, stage.token("orders.manage"), type=type_)
    await stage.until_read()

    ((record, answer),) = await _answers(stage)
    assert (answer["command_id"], answer["client"], answer["code"]) == ("c-1", "/tools/desk", code)
    assert (answer["actor"], answer["number"], answer["status"]) == ("ann", "N-1", "payment_pending")
    assert [pointer for pointer in pointers if f"{pointer}: " not in str(answer["detail"])] == []
    assert (record.key, header(record, "ce_causationid")) == (ORDER.encode(), "c-1")
    assert [header(letter, "hub_failure_code") for letter in await stage.records("hub.commands.dlt")] == [code]
    await assert_proved(stage)


async def test_without_a_token_or_without_ids_there_is_nobody_to_answer(stage: Stage) -> None:
    stage.start_hub()
    await _say(stage, ORDER, b'{"reason": 1}')
    await _say(stage, ORDER, b'{"reason": 1}', "no.token")
    await _say(stage, "ref:RMA-1", b'{"reason": 1}', stage.token())
    await stage.until_read()

    assert await _answers(stage) == []
    assert len(await stage.records("hub.commands.dlt")) == 3


async def test_a_command_about_an_order_that_nobody_knows_and_about_a_word_list_is_answered_too(stage: Stage) -> None:
    stage.start_hub()
    await _say(stage, ORDER, b'{"reason": 1}', stage.token())
    await _say(stage, "themes", b'{"entries": 1}', stage.token(), type="wordlist.put.v1", id="c-2")
    await stage.until_read()
    await stage.until(lambda: _answers(stage, "catalogue.events"), "the word list is answered for")

    ((_, order),) = await _answers(stage)
    ((_, listed),) = await _answers(stage, "catalogue.events")
    assert (order["code"], order["version"]) == ("data_invalid", 0)
    assert (listed["code"], listed["command_id"]) == ("data_invalid", "c-2")


async def test_it_is_answered_at_the_order_s_home(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), OTHER)
    await stage.until_state(OTHER, "payment_pending")
    await _say(stage, OTHER, b'{"reason": 1}', stage.token(), partition=0)
    await stage.until(lambda: _answers(stage), "the command is answered")

    ((_, answer),) = await _answers(stage)
    assert answer["status"] == "payment_pending"
    await stage.until_read()
    assert len(await stage.records("hub.commands.dlt")) == 1
    await assert_proved(stage)


async def test_mended_it_may_come_again_under_its_id(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), ORDER)
    await _say(stage, ORDER, b'{"reason": 1}', stage.token())
    await _say(stage, ORDER, b'{"reason": 1}', stage.token())
    await _say(stage, ORDER, b'{"reason": "look"}', stage.token())
    await stage.until_read()

    answers = await _answers(stage)
    assert [answer["code"] for _, answer in answers] == ["data_invalid", "data_invalid"]
    assert len({header(record, "ce_id") for record, _ in answers}) == 2
    (row,) = await stage.rows("SELECT outcome FROM journal WHERE event_id = 'c-1'")
    assert row["outcome"] == "applied"
    await assert_proved(stage)
