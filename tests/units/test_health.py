"""What heartbeats come to: ready or not, and why."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.postgres.reads import Member, ShardRow
from hub.desk.health import judge

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
NOTHING = {"orders in quarantine": 0}


def process(name: str = "box-1", age: float = 1.0, **shards: Mapping[str, Any]) -> Member:
    report = {"shards": {number.removeprefix("s"): told for number, told in shards.items()}, "counts": {}}
    return Member(name, NOON, NOON, report, timedelta(seconds=age))


def told(state: str = "running", idle: float = 0.2, trouble: str = "") -> dict[str, Any]:
    return {"state": state, "idle": idle, "trouble": trouble}


def shard(number: int = 0, owner: str | None = "box-1", stopped: str | None = None) -> ShardRow:
    return ShardRow(number, owner, NOON + timedelta(seconds=2), batch=7, emitted=7, stopped=stopped)


def test_all_shards_running_is_ready() -> None:
    view = judge([process(s0=told(), s1=told())], [shard(0), shard(1)], NOTHING, now=NOON)

    assert (view.ready, view.live, view.reasons) == (True, True, [])


@pytest.mark.parametrize(
    ("about", "row", "reason"),
    [
        (told("recovering", 4, "OSError: no route"), shard(), "shard 0: recovering: OSError: no route"),
        (told(trouble="DiskFullError: no space"), shard(), "shard 0: held up: DiskFullError: no space"),
        (told(idle=61), shard(), "shard 0: got nothing done for 61 s"),
        (told(), shard(stopped="retention removed records"), "shard 0: stopped: retention removed records"),
        (told("opening"), shard(), "shard 0: opening"),
        (told(), shard(owner=None), "shard 0: no process works on it"),
    ],
)
def test_a_shard_that_is_not_worked_on_says_why(about: Mapping[str, Any], row: ShardRow, reason: str) -> None:
    view = judge([process(s0=about)], [row], NOTHING, now=NOON)

    assert (view.ready, view.reasons) == (False, [reason])


def test_a_process_without_a_sign_of_life_is_not_live() -> None:
    view = judge([process(age=60, s0=told())], [shard()], NOTHING, now=NOON)

    assert (view.ready, view.live) == (False, False)
    assert view.reasons == ["no hub process has given a sign of life"]


def test_a_probe_counts_only_the_processes_of_its_own_machine() -> None:
    processes = [process("box-1", s0=told()), process("other-2", s1=told("recovering", 9, "slow"))]
    shards = [shard(0), shard(1, owner="other-2")]

    assert judge(processes, shards, NOTHING, machine="box", now=NOON).ready
    assert not judge(processes, shards, NOTHING, machine="other", now=NOON).ready
    assert judge(processes, shards, NOTHING, machine="third", now=NOON).live is False


def test_what_waits_for_an_operator_is_a_note_and_no_reason() -> None:
    view = judge([process(s0=told())], [shard()], {"orders in quarantine": 3, "partners paused": 0}, now=NOON)

    assert (view.ready, view.notes) == (True, ["3 orders in quarantine"])
