"""Records that can't be read become dead letters, byte for byte; their neighbours go on."""

import re
from typing import Any

import pytest

from contracts.wire import Record
from hub.desk import attention
from tests.integration.messages import CLEAR, assert_proved, authorized, journal, named, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

Header = tuple[str, bytes | None]
EVENT = {"ce_specversion": b"1.0", "ce_source": b"/partners/test", "content-type": b"application/json"}
CLEAN = b'{"verdict":"clear"}'


def headers(event_id: str, kind: bytes = b"fraud.scored.v1", **changes: bytes | None) -> list[Header]:
    named_headers: dict[str, bytes | None] = {"ce_id": event_id.encode(), "ce_type": kind, "ce_subject": b"o-bad"}
    return [*EVENT.items(), *(named_headers | changes).items()]


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "not JSON": ({"value": b"\xff{not json", "headers": headers("b-1")}, "data_invalid"),
    "wrong schema": ({"value": b'{"verdict":7}', "headers": headers("b-2")}, "data_invalid"),
    "unknown type": ({"value": CLEAN, "headers": headers("b-3", b"fraud.sung.v1")}, "type_unknown"),
    "null value": ({"value": None, "headers": headers("b-4")}, "data_missing"),
    "null header": ({"value": CLEAN, "headers": headers("b-5", ce_subject=None)}, "header_null"),
    "non-UTF-8 header": ({"value": CLEAN, "headers": headers("b-6", ce_id=b"\xff\xfe")}, "header_not_utf8"),
    "NUL in a string": (
        {"value": b'{"verdict":"clear","reasons":["a\\u0000b"]}', "headers": headers("b-7")},
        "data_invalid",
    ),
    "no subject and no key": (
        {"value": CLEAN, "headers": [h for h in headers("b-8") if h[0] != "ce_subject"], "key": None},
        "order_missing",
    ),
    "no headers at all": ({"value": CLEAN, "headers": []}, "specversion_unknown"),
}


def assert_is_dead_letter_of(letter: Record, written: dict[str, Any], place: tuple[int, int], code: str) -> None:
    assert (letter.value, letter.key) == (written["value"], written["key"])
    assert letter.headers[: len(written["headers"])] == tuple(written["headers"])
    added = dict(letter.headers[len(written["headers"]) :])
    assert added["kafka_dlt-original-topic"] == b"fraud.events"
    assert int.from_bytes(added["kafka_dlt-original-partition"] or b"", "big") == place[0]
    assert int.from_bytes(added["kafka_dlt-original-offset"] or b"", "big") == place[1]
    assert added["kafka_dlt-exception-message"]
    assert added["hub_failure_code"] == code.encode()


async def test_each_broken_record_of_a_batch_is_a_dead_letter_and_the_good_ones_apply(stage: Stage) -> None:
    good, structured = named(0, count=2)
    await stage.say("shop.events", placed(f"N-{good}"), good)
    await stage.say("shop.events", placed(f"N-{structured}"), structured)
    records = {name: {"key": b"o-bad"} | written for name, (written, _) in BROKEN.items()}
    places = {name: await stage.write("fraud.events", partition=0, **each) for name, each in records.items()}
    await stage.say("fraud.events", CLEAR, good, headers=[("trace", None), ("note", b"\xff")])
    await stage.write(
        "fraud.events",
        partition=0,
        headers=[("content-type", b"application/cloudevents+json; charset=utf-8")],
        value=b'{"specversion":"1.0","id":"s-1","source":"/partners/test","type":"fraud.scored.v1","subject":"%s",'
        b'"data":{"verdict":"clear"}}' % structured.encode(),
    )

    stage.start_hub()
    await stage.until_read()

    for order in (good, structured):
        assert {("order.placed", "applied"), ("fraud.scored", "applied")} <= set(await journal(stage, order))
    letters = {(r.headers, r.value): r for r in await stage.records("fraud.events.dlt")}
    assert len(letters) == len(BROKEN)
    by_offset = {
        int.from_bytes(letter.header("kafka_dlt-original-offset") or b"", "big"): letter for letter in letters.values()
    }
    for name, (_, code) in BROKEN.items():
        assert_is_dead_letter_of(by_offset[places[name][1]], records[name], places[name], code)
    rows = await stage.rows('SELECT topic, partition, "offset", code FROM set_aside WHERE kind = :k', k="dead_letter")
    found = {(row["partition"], row["offset"]): (row["topic"], row["code"]) for row in rows}
    assert found == {places[name]: ("fraud.events", code) for name, (_, code) in BROKEN.items()}
    assert await stage.rows("SELECT 1 FROM orders WHERE order_id = 'o-bad'") == []


@pytest.mark.parametrize("event_id", ["e 1", "é-1", "x" * 200])
async def test_an_event_id_of_any_characters_never_puts_its_order_into_quarantine(stage: Stage, event_id: str) -> None:
    stage.start_hub()

    await stage.say("shop.events", placed(), "o-1", event_id=event_id)
    await stage.until_read()

    assert await stage.rows("SELECT reason FROM quarantine") == []
    kinds = [row["kind"] for row in await stage.rows("SELECT kind FROM set_aside")]
    applied = await journal(stage, "o-1") == [("order.placed", "applied")]
    assert applied or kinds == ["dead_letter"]


async def test_records_that_name_nobody_are_dead_letters_and_hold_up_nobody(stage: Stage) -> None:
    """Whoever wrote them, to however many topics: the partition goes on, and a person is told once."""
    order = named(0)[0]
    topics = ("fraud.events", "shop.events", "payment.events")
    stage.start_hub()
    for topic in topics:
        for _ in range(201):
            await stage.write(topic, key=b"o-bad", value=b"?", partition=0)
    await stage.say("fraud.events", CLEAR, order)
    await stage.say("shop.events", placed(f"N-{order}"), order)
    await stage.until_state(order, "payment_pending")
    await stage.say("payment.events", authorized(order), order)
    await stage.until_state(order, "availability_requested")
    await stage.until_read()

    assert await stage.rows("SELECT 1 FROM position WHERE paused IS NOT NULL") == []
    assert await stage.rows("SELECT 1 FROM shard WHERE stopped IS NOT NULL") == []
    (note,) = (await attention.read(stage.desk, attention.Query())).notes
    assert note.kind == "nameless"
    assert re.match(
        r"\w+\.events/0: \d+ records in a row that name no source could not be read, the last at", note.detail
    )
    assert "hub failed list" in note.do
    assert [len(await stage.records(f"{topic}.dlt")) for topic in topics] == [201] * 3
    await assert_proved(stage)
