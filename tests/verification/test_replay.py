"""A journal replayed gives the order as it is stored; a row that was changed, or is gone, is named."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic_core import from_json, to_json

from contracts.wire import Outgoing, pack
from domain.deciding import codec
from domain.deciding.decision import Decision
from domain.deciding.values import changed
from domain.orders import documents
from domain.orders.aggregate import RULES
from domain.orders.facts import PaymentAuthorized
from domain.orders.order import Order
from tests.domain.world import ORDER, Hub, Script, placed, played, received
from verification.replay import Replay, differing

Row = dict[str, Any]


def decisions_of(order_id: str) -> list[Decision[Order]]:
    script = Script(returned="all", lines=((2, 5000), (1, 900)))
    return [decision for decision in played(script).hub.decisions if decision.after.id == order_id]


def journal_of(decisions: list[Decision[Order]]) -> list[Row]:
    """Return the rows that a hub would have stored."""
    rows: list[Row] = []
    parked: dict[tuple[str, str], int] = {}
    status = None
    for seq, decision in enumerate(decisions, start=1):
        cause, got = decision.received.cause, decision.received
        published = len(decision.events) + len(decision.requests) + len(decision.to_others)
        row: Row = {
            "order_id": decision.after.id,
            "seq": seq,
            "version": decision.after.version,
            "outcome": decision.outcome.value,
            **{name: getattr(cause, name) for name in ("source", "type", "topic", "partition", "offset")},
            "event_id": cause.id,
            "refers_to": parked[cause.source, cause.id] if decision.released else None,
            "actor": None if got.actor is None else got.actor.name,
            "occurred_at": got.occurred_at,
            "appended_at": got.appended_at,
            "data": from_json(to_json(codec.received_document(got))),
            "known": None,
            "status_before": status,
            "status_after": None if decision.after.state is None else decision.after.state.value,
            "messages": pack([Outgoing("order.events", None, b"", (), b"{}")] * published),
            "rules": RULES,
            "transitions": list(decision.rules),
            "document_before": None,
        }
        if row["outcome"] == "parked":
            parked[cause.source, cause.id] = seq
        status = row["status_after"]
        rows.append(row)
    return rows


def stored(order: Order, rows: list[Row]) -> Row:
    return {
        "seq": len(rows),
        "version": order.version,
        "state": None if order.state is None else order.state.value,
        "number": order.number,
        "store": order.store,
        "rules": RULES,
        "document": from_json(to_json(documents.order_document(order))),
    }


def faults(rows: list[Row], row: Row) -> list[tuple[int | None, str]]:
    replay = Replay(ORDER)
    for each in rows:
        replay.add(each)
    replay.finish(row)
    return replay.faults


def clean() -> tuple[list[Row], Row]:
    decisions = decisions_of(ORDER)
    rows = journal_of(decisions)
    return rows, stored(decisions[-1].after, rows)


def test_a_whole_way_with_a_refund_replays_exactly() -> None:
    rows, order = clean()

    assert len(rows) > 10
    assert faults(rows, order) == []


def early() -> tuple[list[Row], Row]:
    """A payment that came before its order: parked, then let go."""
    hub = Hub()
    payment = next(r.received for r in played(Script()).said if isinstance(r.received.fact, PaymentAuthorized))
    hub.take(ORDER, payment)
    hub.take(ORDER, received(placed(), "e-0"))
    rows = journal_of(hub.decisions)
    return rows, stored(hub.orders[ORDER], rows)


def test_a_parked_fact_is_let_go_where_the_journal_says_so() -> None:
    rows, order = early()

    assert [(row["outcome"], row["refers_to"]) for row in rows] == [
        ("parked", None),
        ("applied", None),
        ("applied", 1),
    ]
    assert faults(rows, order) == []


def test_a_missing_row_of_a_fact_let_go_is_named() -> None:
    rows, order = early()

    assert any("no row says so" in fault for _, fault in faults(rows[:2], order | {"seq": 2}))


def test_a_row_that_refers_to_another_than_the_parked_one_is_named() -> None:
    rows, order = early()
    rows[2]["refers_to"] = 2

    assert faults(rows, order) == [(3, "refers_to names row 2, which did not park this fact")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("outcome", "late"),
        ("status_after", "voided"),
        ("status_before", "voided"),
        ("version", 99),
        ("transitions", ["Z-1"]),
        ("actor", "nobody"),
        ("event_id", "another"),
        ("messages", None),
    ],
)
def test_a_changed_column_is_named_with_its_row(column: str, value: object) -> None:
    rows, order = clean()
    rows[1][column] = value

    found = faults(rows, order)

    assert (2, column) in [(seq, fault.split(" ")[0].replace("cause", "event_id")) for seq, fault in found]


def test_another_fact_in_a_row_changes_what_replay_gives() -> None:
    rows, order = clean()
    row = next(row for row in rows if row["data"]["fact"]["is"] == "PaymentCaptured")
    row["data"]["fact"]["amount"]["amount"] += 1

    assert any(seq == row["seq"] for seq, _ in faults(rows, order))


@pytest.mark.parametrize("seq", [1, 2, 9])
def test_a_missing_row_is_named(seq: int) -> None:
    rows, order = clean()
    del rows[seq - 1]

    assert (seq, "the row is missing") in faults(rows, order)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda row: row["document"].update(locale="xx"), "document: /locale"),
        (lambda row: row["document"]["payment"].update(captured=1), "document: /payment/captured is 1"),
        (lambda row: row["document"].pop("lines"), "document: /lines is missing"),
        (lambda row: row["document"].update(more=1), "document: /more is there"),
        (lambda row: row.update(state="voided"), "state is voided"),
        (lambda row: row.update(seq=3), "seq is 3"),
        (lambda row: row.update(version=3), "version is 3"),
    ],
)
def test_a_changed_order_is_told_by_its_field(change: Callable[[Row], object], told: str) -> None:
    rows, order = clean()
    change(order)

    found = faults(rows, order)

    assert len(found) == 1
    assert found[0][0] is None
    assert found[0][1].startswith(told)


def test_rows_of_other_rules_are_passed_over_until_a_row_says_how_the_order_stood() -> None:
    decisions = decisions_of(ORDER)
    rows, order = clean()
    for row in rows[:5]:
        row["rules"] = RULES - 1
        row["transitions"] = ["of old"]
    rows[5]["document_before"] = from_json(to_json(documents.order_document(decisions[4].after)))

    assert faults(rows, order) == []


def test_an_order_taken_up_in_another_state_than_it_had_is_told() -> None:
    decisions = decisions_of(ORDER)
    rows, order = clean()
    wrong = changed(decisions[4].after, locale="xx")
    rows[5]["document_before"] = from_json(to_json(documents.order_document(wrong)))

    assert any(seq == 6 and "document_before: /locale" in fault for seq, fault in faults(rows, order))


def test_a_difference_in_personal_data_is_told_without_it() -> None:
    rows, order = clean()
    order["document"]["contact"]["customer"]["email"] = "mina@mail.example"
    rows[0]["data"]["fact"]["customer"]["name"] = "Mina Okafor"

    found = str(faults(rows, order))

    assert "/contact/customer/email is [personal]" in found
    assert "mina@mail.example" not in found
    assert "Okafor" not in found


def test_differences_of_documents_are_told_by_pointer() -> None:
    assert differing({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == [
        "/a/1/b is 2, replaying the journal gives 3",
    ]
    assert differing({"a": 1}, {"a": 1}) == []


def as_before(document: object, key: str = "") -> object:
    """A document as earlier versions wrote it: times with an offset, and no default written."""
    if isinstance(document, dict):
        told = {name: as_before(held, name) for name, held in document.items()}
        return {name: held for name, held in told.items() if (name, held) not in LEFT_OUT}
    if isinstance(document, list):
        return [as_before(held) for held in document]
    return document.replace("Z", "+00:00") if isinstance(document, str) and key in TIMES else document


LEFT_OUT = [("kind", "shippable"), ("kind", "regular"), ("payment_method", "card"), ("locale", "en"), ("payment", {})]
TIMES = {"occurred_at", "appended_at", "since", "due_at", "as_of", "at", "requested_at", "delivered_at", "answered_at"}


@pytest.mark.parametrize("journal", [clean, early])
def test_a_journal_of_an_earlier_version_replays(journal: Callable[[], tuple[list[Row], Row]]) -> None:
    rows, order = journal()
    old = [row | {"data": as_before(row["data"])} for row in rows]

    assert old != rows
    assert "+00:00" in str(old)
    assert faults(old, order | {"document": as_before(order["document"])}) == []
