"""What is written is read back: stored messages of this and the first versions, and headers made in two ways."""

import json
from datetime import UTC, datetime

import pytest

from contracts.envelope import Envelope, Stamp, read, rfc3339, schema_url, structured
from contracts.wire import Outgoing, pack, unpack

MESSAGES = [
    Outgoing(
        "order.events", None, b"o-1", (("ce_id", b"1"), ("odd", b"\xff\x00"), ("none", None)), b'{"a":"\xc3\xa9"}'
    ),
    Outgoing("order.status", 7, None, (), None),
]
NOON = datetime(2026, 11, 25, 12, 0, 0, 123456, UTC)


def test_stored_messages_are_read_back_byte_for_byte() -> None:
    assert list(unpack(pack(MESSAGES))) == MESSAGES
    assert list(unpack(pack(MESSAGES * 20))) == MESSAGES * 20


def test_messages_that_the_first_versions_stored_are_still_read() -> None:
    def text(content: bytes | None) -> str | None:
        return None if content is None else content.decode("latin-1")

    rows = [
        [m.topic, m.partition, text(m.key), [[name, text(content)] for name, content in m.headers], text(m.value)]
        for m in MESSAGES
    ]

    assert list(unpack(json.dumps(rows, separators=(",", ":")).encode())) == MESSAGES


def test_nothing_is_stored_of_no_messages() -> None:
    assert pack([]) is None
    assert list(unpack(None)) == []


@pytest.mark.parametrize("time", [NOON, None])
def test_a_stamp_makes_the_headers_that_an_envelope_has(time: datetime | None) -> None:
    schema = schema_url("order.events", "order.confirmed.v1")
    event = Envelope("o-1:4:0", "/hub/orders", "order.confirmed.v1", "o-1", time, schema, {"causationid": "e-9"})
    stamp = Stamp("/hub/orders", "order.events", "order.confirmed.v1")
    told = None if time is None else rfc3339(time).encode()

    headers = stamp.headers(b"o-1:4:0", b"o-1", told, ("ce_causationid", b"e-9"))

    assert list(headers) == event.headers()


@pytest.mark.parametrize("value", [b'{"text": "\\n\xc3\xa9"}', b'{\r\n"a": [1,\n2]}', None])
def test_what_was_written_in_binary_mode_reads_the_same_in_structured_mode(value: bytes | None) -> None:
    event = Envelope("o-1:4:0", "/hub/orders", "order.sent.v1", "o-1", NOON, extensions={"causationid": "e-9"})
    headers = [*event.headers(), ("hub-repeat", b"1")]

    told = structured([*headers, ("ce_none", None)], value)

    found, data = read([("content-type", b"application/cloudevents+json")], told)
    assert found == read(headers, value)[0]
    assert (data and json.loads(data)) == (value and json.loads(value))
    assert b"\n" not in told
    assert "hub-repeat" not in json.loads(told)
