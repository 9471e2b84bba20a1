"""A record is read in both modes of CloudEvents, or refused with a stable code; nothing else ever comes out."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings import kafka as sdk
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import envelope, sample_values, samples
from contracts.decoding import BrokenContract, decode
from contracts.envelope import Envelope
from contracts.message import Fact, fields_of
from contracts.subjects import subject_of
from contracts.topics import AVAILABILITY, COMMANDS, ORDER_STATUS, SHOP
from tests.contracts import examples
from tests.contracts.records import CANCELLATION, ORDER, STRUCTURED, Raw, binary, read, structured, topic_and_type

each_message = pytest.mark.parametrize("name", examples.NAMES)


@each_message
def test_binary_and_structured_mode_read_the_same(name: str) -> None:
    one = read(name, binary(name), examples.content(name, "valid"))
    other = read(name, STRUCTURED, json.dumps(structured(name)).encode())

    assert one == other
    about = one.message.about if isinstance(one.message, Fact) else "order"
    assert one.subject == subject_of(about, sample_values.ORDER_ID)
    assert one.envelope == samples.event(*topic_and_type(name))


@each_message
def test_what_we_write_the_official_sdk_reads(name: str) -> None:
    event = samples.event(*topic_and_type(name))

    theirs = sdk.from_binary_event(sdk.KafkaMessage(dict(event.headers()), None, examples.content(name, "valid")))

    assert (theirs.get_id(), theirs.get_source(), theirs.get_type()) == (event.id, event.source, event.type)
    assert (theirs.get_subject(), theirs.get_time()) == (event.subject, event.time)
    assert theirs.get_dataschema() == event.dataschema
    assert theirs.get_extension("correlationid") == event.extensions["correlationid"]
    assert theirs.get_data() == examples.data(name, "valid")


@pytest.mark.parametrize("write", [sdk.to_binary_event, sdk.to_structured_event])
@each_message
def test_what_the_official_sdk_writes_we_read(name: str, write: Any) -> None:
    event = samples.event(*topic_and_type(name))
    attributes = structured(name) | {"time": event.time}
    attributes.pop("data")

    theirs = write(CloudEvent(attributes=attributes, data=examples.data(name, "valid")))

    ours = read(name, list(theirs.headers.items()), theirs.value)
    assert ours == read(name, binary(name), examples.content(name, "valid"))


def test_data_that_an_sdk_wrote_as_base64_is_read() -> None:
    document = structured(data=None, data_base64=b64encode(examples.content(CANCELLATION, "valid")).decode())

    assert read(CANCELLATION, STRUCTURED, json.dumps(document).encode()).message == _message(CANCELLATION)


def test_extensions_may_be_numbers_and_booleans() -> None:
    decoded = read(CANCELLATION, STRUCTURED, json.dumps(structured(sequence=7, sampled=True)).encode())

    assert decoded.envelope.extensions == {"correlationid": sample_values.ORDER_ID, "sequence": "7", "sampled": "true"}


def test_only_four_attributes_are_required_and_a_missing_time_is_not_invented() -> None:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"1"),
        ("ce_source", b"/partners/shop"),
        ("ce_type", b"cancellation.requested.v1"),
    ]

    decoded = read(CANCELLATION, headers, b"{}")

    assert decoded.envelope == Envelope("1", "/partners/shop", "cancellation.requested.v1")
    assert decoded.subject == "order-1"


@pytest.mark.parametrize(
    ("subject", "key", "order_id"),
    [
        (b"order-2", b"order-1", "order-2"),
        (b"ref:PL1", b"order-1", None),
        (None, b"ref:PL1", None),
        (None, b"", None),
        (None, None, None),
    ],
)
def test_the_order_is_the_subject_or_else_the_key(
    subject: bytes | None, key: bytes | None, order_id: str | None
) -> None:
    assert read(CANCELLATION, binary(subject=subject), b"{}", key).subject == order_id


def test_a_word_that_is_not_known_is_read_as_unknown_where_readers_may() -> None:
    name = "availability.events/availability.reported.v1"
    data = examples.data(name, "valid")
    data["lines"][0]["status"] = "in_the_attic"

    decoded = decode(AVAILABILITY, AVAILABILITY.by_type, None, binary(name), json.dumps(data).encode())

    assert fields_of(decoded.message)["lines"][0]["status"] == "unknown"


def test_a_tombstone_is_told_from_a_message() -> None:
    name = "order.status/order.status.v1"

    assert envelope.read(binary(name), None)[1] is None
    with pytest.raises(BrokenContract, match="the record has none") as caught:
        decode(ORDER_STATUS, ORDER_STATUS.by_type, b"order-1", binary(name), None)
    assert caught.value.code == "data_missing"


BOM = b"\xef\xbb\xbf"


def test_a_mark_before_utf_8_says_nothing() -> None:
    plain = read(CANCELLATION, binary(), b'{"reason": "late"}')

    assert read(CANCELLATION, binary(), BOM + b'{"reason": "late"}') == plain
    assert read(CANCELLATION, STRUCTURED, BOM + json.dumps(structured()).encode()) == read(
        CANCELLATION, STRUCTURED, json.dumps(structured()).encode()
    )


def test_a_second_of_sixty_is_the_one_that_follows() -> None:
    decoded = read(CANCELLATION, binary(time=b"2016-12-31T23:59:60Z"), b"{}")

    assert decoded.envelope.time == datetime(2017, 1, 1, tzinfo=UTC)


def test_what_is_refused_for_its_content_type_is_told_what_to_write() -> None:
    with pytest.raises(BrokenContract, match="says otherwise: write content-type application/cloudevents") as told:
        read(CANCELLATION, [("content-type", b"application/json")], json.dumps(structured()).encode())

    assert told.value.sender is None


def test_two_contents_under_one_id_have_two_digests() -> None:
    first = read(CANCELLATION, binary(), b'{"reason": "late"}')

    assert first.digest == read(CANCELLATION, binary(), b'{"reason":"late","more":1}').digest
    assert first.digest != read(CANCELLATION, binary(), b'{"reason": "early"}').digest


def document(**changed: object) -> tuple[Raw, bytes]:
    return STRUCTURED, json.dumps(structured() | changed).encode()


DEEP = b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
REFUSED: dict[str, tuple[str, tuple[Raw, bytes | None]]] = {
    "a header that is not UTF-8": ("header_not_utf8", (binary(id=b"\xff\xfe"), b"{}")),
    "a header without a value": ("header_null", ([*binary(id=None), ("ce_id", None)], b"{}")),
    "no headers": ("specversion_unknown", ([], b"{}")),
    "another version of the envelope": ("specversion_unknown", (binary(specversion=b"0.3"), b"{}")),
    "a format that is not JSON": ("format_unknown", ([("content-type", b"application/cloudevents+avro")], b"{}")),
    "a batch": ("format_unknown", ([("content-type", b"application/cloudevents-batch+json")], b"[]")),
    "no id": ("attribute_missing", (binary(id=None), b"{}")),
    "an empty source": ("attribute_missing", (binary(source=b""), b"{}")),
    "an id of 201 bytes": ("attribute_invalid", (binary(id=b"i" * 201), b"{}")),
    "NUL in an attribute": ("attribute_invalid", (binary(subject=b"a\x00b"), b"{}")),
    "NUL in an extension": ("attribute_invalid", (binary(tenant=b"a\x00b"), b"{}")),
    "a surrogate in the subject": ("attribute_invalid", document(subject="\ud800")),
    "a surrogate in an extension": ("attribute_invalid", document(tenant="\udfff")),
    "a surrogate in an attribute's name": ("attribute_invalid", document(**{"x\ud800": "1"})),
    "a number as id": ("attribute_invalid", document(id=7)),
    "a list as extension": ("attribute_invalid", document(tenant=["x"])),
    "a time that is none": ("time_invalid", (binary(time=b"yesterday"), b"{}")),
    "a time without an offset": ("time_invalid", (binary(time=b"2026-03-14T09:26:53"), b"{}")),
    "a time before all time": ("time_invalid", (binary(time=b"0001-01-01T00:00:00+23:00"), b"{}")),
    "a time that is a number": ("time_invalid", (binary(time=b"20260314"), b"{}")),
    "a time of the short kind": ("time_invalid", (binary(time=b"20260314T092653Z"), b"{}")),
    "a structured event under another content type": (
        "content_type_wrong",
        ([("content-type", b"application/json")], json.dumps(structured()).encode()),
    ),
    "a structured event without a content type": ("content_type_wrong", ([], json.dumps(structured()).encode())),
    "a type that nobody declared": ("type_unknown", (binary(type=b"order.lost.v1"), b"{}")),
    "a structured event that is not JSON": ("json_invalid", (STRUCTURED, b"{")),
    "a structured event without a value": ("json_invalid", (STRUCTURED, None)),
    "a structured event that is a list": ("json_invalid", (STRUCTURED, b"[]")),
    "a structured event too deep": ("json_invalid", (STRUCTURED, DEEP)),
    "a structured event with a number too long": ("json_invalid", (STRUCTURED, b'{"x": ' + b"9" * 5000 + b"}")),
    "base64 that is none": ("data_base64_invalid", document(data=None, data_base64="?")),
    "a structured event without data": ("data_missing", document(data=None)),
    "data that is not JSON": ("data_invalid", (binary(), b"\xff")),
    "data that is empty": ("data_invalid", (binary(), b"")),
    "data that is a list": ("data_invalid", (binary(), b"[]")),
    "data too deep": ("data_invalid", (binary(), DEEP)),
    "NUL in a string": ("data_invalid", (binary(), b'{"reason": "a\\u0000b"}')),
    "a surrogate in a string": ("data_invalid", (binary(), b'{"reason": "\\ud800"}')),
    "a surrogate in structured data": ("data_invalid", document(data={"reason": "\ud800"})),
}


@pytest.mark.parametrize(("code", "record"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_message_is_refused_with_its_code(code: str, record: tuple[Raw, bytes | None]) -> None:
    with pytest.raises(BrokenContract) as caught:
        read(CANCELLATION, *record)

    assert caught.value.code == code
    assert len(caught.value.detail.encode()) < 1000


@pytest.mark.parametrize("wrong", ["9" * 30, "1e7", "2.5", '"2"', "-1", "true", "null"], ids=lambda wrong: wrong[:8])
def test_a_quantity_is_a_number_within_its_bounds(wrong: str) -> None:
    data = examples.content(ORDER, "valid").replace(b'"quantity": 2', b'"quantity": ' + wrong.encode())

    with pytest.raises(BrokenContract, match="/lines/0/quantity"):
        read(ORDER, binary(ORDER), data)


@pytest.mark.parametrize("moment", ["2026-03-14T09:26:53", "0001-01-01T00:00:00+23:00", "soon", "20260314"])
def test_a_moment_has_an_offset_and_is_in_range(moment: str) -> None:
    data = json.dumps(examples.data(ORDER, "valid") | {"placed_at": moment}).encode()

    with pytest.raises(BrokenContract, match="/placed_at"):
        read(ORDER, binary(ORDER), data)


def test_a_line_number_of_a_command_fits_the_stores() -> None:
    name = "hub.commands/flash.remove.v1"
    data = examples.data(name, "valid") | {"lines": [2**80]}

    with pytest.raises(BrokenContract, match="/lines/0"):
        decode(COMMANDS, COMMANDS.by_type, None, binary(name), json.dumps(data).encode())


def test_a_key_that_is_no_text_is_refused_where_it_is_needed() -> None:
    for key, code in ((b"\xff", "key_not_utf8"), (b"a\x00", "order_id_invalid"), (b"k" * 201, "order_id_invalid")):
        with pytest.raises(BrokenContract) as caught:
            read(CANCELLATION, binary(subject=None), b"{}", key)
        assert caught.value.code == code


CODES = {code for code, _ in REFUSED.values()} | {"key_not_utf8", "order_id_invalid"}
header_names = st.one_of(
    st.sampled_from(["content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"]),
    st.text(max_size=8),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
any_headers = st.lists(st.tuples(header_names, st.none() | st.binary(max_size=30)), max_size=6)


def is_read_or_refused(name: str, headers: Raw, value: bytes | None, key: bytes | None) -> None:
    refused = None
    try:
        decoded = read(name, headers, value, key)
    except BrokenContract as broken:
        refused = broken
    if refused is not None:
        assert refused.code in CODES
        assert refused.detail.encode()
    else:
        assert read(name, headers, value, key).digest == decoded.digest
        assert "\x00" not in decoded.message.encoded().decode()


@settings(max_examples=150, deadline=None)
@given(headers=any_headers, value=st.none() | st.binary(max_size=60), key=st.none() | st.binary(max_size=20))
def test_any_bytes_are_read_or_refused(headers: Raw, value: bytes | None, key: bytes | None) -> None:
    is_read_or_refused(ORDER, headers, value, key)


@settings(max_examples=100, deadline=None)
@given(headers=any_headers, value=st.none() | st.binary(max_size=60))
def test_any_headers_and_bytes_beside_good_ones_are_read_or_refused(headers: Raw, value: bytes | None) -> None:
    is_read_or_refused(CANCELLATION, headers + binary(), value, None)
    is_read_or_refused(CANCELLATION, binary() + headers, value, None)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(examples.NAMES),
    data=st.data(),
)
def test_any_value_in_any_field_is_read_or_refused_alike_in_both_modes(name: str, data: st.DataObject) -> None:
    content = examples.data(name, "valid")
    content[data.draw(st.sampled_from(sorted(content)))] = data.draw(anything)

    is_read_or_refused(name, binary(name), json.dumps(content).encode(), None)
    is_read_or_refused(name, STRUCTURED, json.dumps(structured(name, data=content)).encode(), None)


@settings(max_examples=150, deadline=None)
@given(
    attribute=st.sampled_from(["id", "source", "type", "subject", "time", "dataschema", "x", "data"]), value=anything
)
def test_any_value_in_any_attribute_is_read_or_refused(attribute: str, value: object) -> None:
    is_read_or_refused(CANCELLATION, *document(**{attribute: value}), None)


def _message(name: str) -> object:
    return SHOP.by_type[name.split("/")[1]].read(examples.content(name, "valid"))
