"""How a record ended: exactly one way, told by its rows; a record without a row must repeat an earlier one."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.envelope import Envelope
from contracts.fraud import FraudScored
from contracts.topics import INBOUND
from contracts.wire import Record, pack_headers
from domain.deciding import codec
from domain.deciding.received import Cause, Received
from domain.orders import facts
from verification.clocks import Clocks
from verification.endings import Rows, judge, rows_by_offset
from verification.records import aside_faults, read, row_faults

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def decided(outcome: str = "applied", offset: int = 0) -> dict[str, Any]:
    return {"outcome": outcome, "offset": offset}


def aside(kind: str, closed_as: str | None = None, offset: int = 0) -> dict[str, Any]:
    return {"kind": kind, "closed_batch": None if closed_as is None else 7, "closed_as": closed_as, "offset": offset}


@pytest.mark.parametrize(
    ("rows", "end"),
    [
        (Rows(0, (decided(),)), "applied"),
        (Rows(0, (decided("parked"),)), "parked"),
        (Rows(0, (), (aside("dead_letter"),)), "dead_letter"),
        (Rows(0, (), (aside("waiting"),)), "waiting"),
        (Rows(0, (decided("late"),), (aside("waiting", "late"),)), "late"),
        (Rows(0, (decided(),), (aside("quarantined", "applied"),)), "applied"),
        (Rows(0, (), (aside("waiting", "forwarded"), aside("forwarded"))), "forwarded"),
        (Rows(0, (), (aside("waiting", "duplicate"),)), "unclaimed"),
        (Rows(0), "unclaimed"),
    ],
)
def test_a_record_ends_as_its_rows_say(rows: Rows, end: str) -> None:
    assert judge(rows) == (end, "")


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (Rows(0, (decided(), decided())), "doubled"),
        (Rows(0, (decided(),), (aside("waiting"),)), "doubled"),
        (Rows(0, (decided(),), (aside("dead_letter"),)), "doubled"),
        (Rows(0, (), (aside("waiting", "applied"),)), "lost"),
        (Rows(0, (), (aside("quarantined", "dead_letter"),)), "lost"),
    ],
)
def test_two_ends_are_doubled_and_an_end_that_is_missing_is_lost(rows: Rows, kind: str) -> None:
    assert judge(rows)[0] == kind
    assert judge(rows)[1]


async def stream(rows: Iterable[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for row in rows:
        yield row


async def test_rows_of_both_tables_come_together_by_offset() -> None:
    left = [decided(offset=1), decided(offset=3), decided(offset=3)]
    right = [aside("waiting", offset=0), aside("waiting", "applied", offset=3)]

    joined = [rows async for rows in rows_by_offset(stream(left), stream(right))]

    assert [(rows.offset, len(rows.decided), len(rows.aside)) for rows in joined] == [(0, 0, 1), (1, 1, 0), (3, 2, 1)]


MESSAGE = FraudScored("clear", score=12)


def record() -> Record:
    headers = Envelope("e-1", "/fraud", MESSAGE.type(), "order-1").headers()
    stamp = int(AT.timestamp() * 1000)
    return Record("fraud.events", 0, 5, b"order-1", tuple(headers), MESSAGE.encoded(), stamp)


def journal_row(**other: object) -> dict[str, Any]:
    decoded = read(record())
    assert decoded is not None
    cause = Cause("/fraud", "e-1", MESSAGE.type(), "fraud.events", 0, 5)
    received = Received(facts.FraudScored("clear", None, 12), cause, AT, AT)
    return {
        "order_id": "order-1",
        "source": "/fraud",
        "event_id": "e-1",
        "type": MESSAGE.type(),
        "digest": decoded.digest,
        "appended_at": AT,
        "occurred_at": AT,
        "data": codec.received_document(received),
        **other,
    }


def test_a_row_that_says_what_its_record_says_has_no_fault() -> None:
    assert row_faults(record(), read(record()), journal_row()) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("order_id", "order-2"),
        ("event_id", "e-2"),
        ("type", "fraud.scored.v2"),
        ("digest", b"other"),
        ("occurred_at", datetime(2025, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_row_that_says_otherwise_than_its_record_names_the_column(column: str, value: object) -> None:
    faults = row_faults(record(), read(record()), journal_row(**{column: value}))

    assert len(faults) == 1
    assert faults[0].startswith(f"{column} is")


def test_a_row_of_a_process_with_a_moved_clock_is_right_where_the_move_is_known_and_only_then() -> None:
    hour = timedelta(hours=1)
    moved = journal_row(appended_at=AT + hour, occurred_at=AT + hour)

    assert row_faults(record(), read(record()), moved, hour) == []
    assert row_faults(record(), read(record()), journal_row(), hour)
    assert row_faults(record(), read(record()), moved, 2 * hour)
    assert row_faults(record(), read(record()), moved)


@pytest.mark.parametrize(
    ("shard", "batch", "hours"), [(0, 4, 0), (0, 5, 1), (0, 7, 1), (0, 8, 13), (0, 99, 13), (1, 1, 2), (2, 1, 0)]
)
def test_a_batch_has_the_clock_that_was_last_set_before_it(shard: int, batch: int, hours: int) -> None:
    moves = [(0, 8, 13), (1, 1, 2), (0, 5, 1)]
    clocks = Clocks([{"shard": k, "since": since, "ahead": timedelta(hours=by)} for k, since, by in moves])

    assert clocks.ahead(shard, batch) == timedelta(hours=hours)


def test_another_fact_in_the_data_is_told() -> None:
    data = {**journal_row()["data"], "fact": codec.fact_document(facts.FraudScored("review", None, 12))}

    assert "review" in row_faults(record(), read(record()), journal_row(data=data))[0]


def test_a_decision_on_a_record_that_breaks_its_contract_is_told() -> None:
    assert row_faults(record(), None, journal_row())


def test_bytes_kept_aside_are_those_of_the_record() -> None:
    mine = record()
    row = {"key": mine.key, "headers": pack_headers(mine.headers), "value": mine.value}

    assert aside_faults(mine, row) == []
    assert aside_faults(mine, {**row, "value": b"{}"}) == ["the value that it keeps isn't the record's"]


def test_every_inbound_message_is_a_fact_by_its_name() -> None:
    assert [m for topic in INBOUND for m in topic.messages if codec.FACTS[m.__name__] is not m] == []
    assert all(issubclass(kind, facts.Fact) for kind in codec.FACTS.values())
