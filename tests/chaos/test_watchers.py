"""The watchers themselves: what is right passes, and each promise that is broken is told."""

import json

from tests.chaos.result import Result
from tests.chaos.watchers import Positions, Subscriber


def told(subscriber: Subscriber, event_id: str, version: int, status: str | None, *, repeat: bool = False) -> None:
    headers: list[tuple[str, bytes | None]] = [("ce_id", event_id.encode())]
    value = json.dumps({"version": version, "status": status}).encode()
    subscriber.read(b"o-1", [*headers, ("hub-repeat", b"1")] if repeat else headers, value)


def told_in_order() -> Subscriber:
    subscriber = Subscriber()
    for event_id, version, status in (
        ("o-1:1:0", 1, "payment_pending"),
        ("o-1:2:0", 2, "approved"),
        ("o-1:2:1", 2, "availability_requested"),
        ("o-1:5:0", 3, "processing"),
        ("o-1:6:0", 4, "availability_requested"),
    ):
        told(subscriber, event_id, version, status)
    return subscriber


def test_a_history_that_the_rules_allow_passes_also_where_it_goes_back() -> None:
    subscriber = told_in_order()
    told(subscriber, "o-1:6:0", 4, "availability_requested", repeat=True)

    assert subscriber.faults == []
    assert (subscriber.counts["events"], subscriber.orders) == (6, 1)


def test_an_event_that_comes_twice_is_told() -> None:
    subscriber = told_in_order()
    told(subscriber, "o-1:6:0", 4, "availability_requested")

    assert subscriber.faults == ["event o-1:6:0 came twice"]


def test_an_older_version_and_an_older_place_are_told() -> None:
    subscriber = told_in_order()
    told(subscriber, "o-1:4:0", 3, "availability_requested")

    assert [fault.split(" ", 2)[2].split(" ")[0] for fault in subscriber.faults] == ["went", "told"]


def test_a_status_that_no_rule_leads_to_is_told() -> None:
    subscriber = told_in_order()
    told(subscriber, "o-1:7:0", 5, "risk_review")

    assert subscriber.faults == [
        "order o-1 went from availability_requested to risk_review with o-1:7:0, which no rule allows"
    ]


def test_positions_and_batches_that_go_back_are_told_and_a_stopped_shard_is_kept() -> None:
    positions = Positions()
    place = {"topic": "shop.events", "partition": 0}
    shard = {"k": 0, "emitted": 4, "stopped": None}
    positions.look([{**place, "next_offset": 7}], [{**shard, "batch": 5}])
    positions.look([{**place, "next_offset": 9}], [{**shard, "batch": 6}])
    assert positions.faults == []

    positions.look([{**place, "next_offset": 8}], [{**shard, "batch": 5, "stopped": "a bug"}])

    assert positions.faults == ["position shop.events/0 went from 9 back to 8", "shard 0 went from (6, 4) to (5, 4)"]
    assert positions.stopped == {0: "a bug"}


def test_a_run_in_which_a_planned_kind_never_happened_is_not_right() -> None:
    result = Result(planned=["kill", "freeze"], proof={"ok": True})
    result.counts.update({"kill": 3})
    assert (result.missing, result.ok) == (["freeze"], False)

    result.counts.update({"freeze": 1})
    assert result.ok

    result.faults.append("event o-1:1:0 came twice")
    assert not result.ok
