"""What only the hub may write is known by its signature, whoever changes, copies or makes up records."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.signing import Signatures
from contracts.values import changed
from contracts.wire import HEADER_HOME, Outgoing, Record

OURS = Signatures.of([b"new", b"old"])
HEADERS = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3).map(tuple)
BYTES = st.none() | st.binary(max_size=6)
MESSAGES = st.builds(Outgoing, st.just("hub.internal"), st.just(1), BYTES, HEADERS, BYTES)


def read(message: Outgoing, appended_at: int = 1000) -> Record:
    return Record(message.topic, 0, 7, message.key, message.headers, message.value, appended_at)


@given(MESSAGES)
def test_what_one_process_signs_any_other_of_the_hub_believes(message: Outgoing) -> None:
    before = Signatures.of([b"old"])

    assert OURS.proves(read(OURS.signed(message)))
    assert OURS.proves(read(before.signed(message)))
    assert OURS.signed(OURS.signed(message)) == OURS.signed(message)
    assert not before.proves(read(OURS.signed(message)))


@given(MESSAGES, MESSAGES)
def test_a_signature_is_good_for_its_own_record_alone(message: Outgoing, other: Outgoing) -> None:
    signature = OURS.signed(message).headers[-1]
    moved = changed(other, headers=(*other.headers, signature))

    assert OURS.proves(read(moved)) == (message == other)
    assert not OURS.proves(read(changed(OURS.signed(message), topic="shop.events")))
    assert not OURS.proves(read(changed(message, headers=(*OURS.signed(message).headers, ("late", b"")))))
    assert not OURS.proves(read(message))


@pytest.mark.parametrize("signature", [None, b"", b"\0" * 16, b"\0" * 1000])
def test_no_bytes_of_a_stranger_are_a_signature(signature: bytes | None) -> None:
    assert not OURS.proves(Record("hub.internal", 0, 0, b"o", (("hub-signature", signature),), b"{}", 1))


def test_records_of_a_version_that_did_not_sign_count_up_to_the_upgrade() -> None:
    upgraded = replace(OURS, until=500)
    message = Outgoing("hub.internal", 0, b"o", (("ce_id", b"1"),), b"{}")

    assert upgraded.proves(read(message, appended_at=499))
    assert not upgraded.proves(read(message, appended_at=500))


@pytest.mark.parametrize(
    ("topic", "headers", "signs"),
    [
        ("hub.internal", (), True),
        ("payment.requests", (), True),
        ("shop.events", ((HEADER_HOME, b"shop.events/1/2"),), True),
        ("order.events", (), False),
        ("shop.events.dlt", (), False),
    ],
)
def test_only_what_nobody_else_may_write_is_signed(
    topic: str, headers: tuple[tuple[str, bytes | None], ...], signs: bool
) -> None:
    message = Outgoing(topic, None, b"o", headers, b"{}")

    assert (OURS.signed(message) != message) == signs
