"""A partner validates a message file without a server and is told every fault with its place."""

import json
from pathlib import Path

import pytest

from contracts.validation import faults
from tests.contracts import examples
from tests.contracts.records import ORDER, structured


@pytest.mark.parametrize("name", examples.NAMES)
def test_a_valid_message_has_no_faults(name: str) -> None:
    assert faults(json.dumps(structured(name)).encode()) == []
    assert faults(examples.content(name, "valid"), name) == []


@pytest.mark.parametrize("name", examples.NAMES)
def test_an_invalid_message_is_told_its_place(name: str) -> None:
    pointer = examples.FAULTS[name]

    (bare,) = faults(examples.content(name, "invalid"), name)
    (enveloped,) = faults(json.dumps(structured(name, data=examples.data(name, "invalid"))).encode())

    assert bare.startswith(f"{pointer}: ")
    assert enveloped.startswith(f"/data{pointer}: ")


def test_every_fault_is_told() -> None:
    data = examples.data(ORDER, "valid")
    del data["number"]
    data["currency"] = "euro"
    data["lines"][0]["quantity"] = 0
    data["billing_address"]["country"] = "France"
    data["carrier"] = 7

    told = faults(json.dumps(data).encode(), "order.placed.v1")

    assert [fault.split(":")[0] for fault in told] == [
        "/billing_address/country",
        "/carrier",
        "/currency",
        "/lines/0/quantity",
        "/number",
    ]


def test_a_word_that_writers_must_not_invent_is_a_fault_though_the_hub_reads_it() -> None:
    name = "fraud.events/fraud.scored.v1"
    data = examples.data(name, "valid") | {"verdict": "unknown"}

    assert [fault.split(":")[0] for fault in faults(json.dumps(data).encode(), name)] == ["/verdict"]


def test_what_only_the_model_refuses_is_told_too() -> None:
    data = examples.data(ORDER, "valid") | {"placed_at": "0001-01-01T00:00:00+23:00"}

    (fault,) = faults(json.dumps(data).encode(), ORDER)

    assert fault.startswith("/placed_at: ")


@pytest.mark.parametrize(
    ("content", "event_type", "told"),
    [
        (b"{", None, "json_invalid"),
        (b"{}", None, "specversion_unknown"),
        (b"{", "order.placed.v1", "not JSON"),
        (b"[" * 100_000, "order.placed.v1", "not JSON"),
        (b"{}", "order.lost.v1", "is not a type of any topic"),
        (json.dumps(structured(data=None)).encode(), None, "needs data"),
    ],
)
def test_what_is_no_message_at_all_is_told(content: bytes, event_type: str | None, told: str) -> None:
    (fault,) = faults(content, event_type)

    assert told in fault


def test_a_file_is_read_and_a_missing_one_is_told(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(structured()))

    assert faults(file) == []
    assert "can't be read" in faults(tmp_path / "absent.json")[0]
