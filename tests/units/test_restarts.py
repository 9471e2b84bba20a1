"""What ends by itself is started anew, after a pause that grows, and no more where that goes on."""

import random
from pathlib import Path

import pytest

from hub.errors import KeepsEnding
from hub.processes import Ended, Processes, environment_of
from hub.restarts import MOST_ENDS, WINDOW_SECONDS, Restarts
from tests.stage import Stage

RUN = Ended(("run",), 1, Path("hub-0.log"))
API = Ended(("api",), -9, Path("api-0.log"))


def test_the_first_that_ends_is_replaced_at_once_and_the_next_ones_ever_later() -> None:
    now = 1000.0
    restarts = Restarts(lambda: now)
    pauses = []
    for _ in range(MOST_ENDS):
        pauses.append(restarts.note(RUN))
        now += pauses[-1]
        assert restarts.due() == [("run",)]
        assert restarts.due() == []

    assert pauses == [0, 1, 2, 4, 8, 16, 30, 30, 30, 30]


def test_a_pause_of_one_holds_up_no_other() -> None:
    now = 1000.0
    restarts = Restarts(lambda: now)
    restarts.note(API)
    restarts.note(RUN)
    at_once = restarts.due()
    now += 1

    assert (at_once, restarts.due()) == ([("api",)], [("run",)])


def test_what_ends_at_its_start_each_time_is_given_up_and_what_ends_now_and_then_is_not() -> None:
    now = 1000.0
    often, seldom = Restarts(lambda: now), Restarts(lambda: now)
    for _ in range(5 * MOST_ENDS):
        seldom.note(RUN)
        now += WINDOW_SECONDS / MOST_ENDS
    for _ in range(MOST_ENDS):
        now += often.note(RUN) + 1

    with pytest.raises(KeepsEnding, match=r"11 times in 10 minutes; the last one was hub api, .* code -9"):
        often.note(API)


@pytest.mark.integration
async def test_in_place_of_a_killed_process_one_is_started_that_runs_the_same(stage: Stage) -> None:
    processes = Processes(environment_of(stage.settings), stage.settings.data)
    try:
        await processes.start("gateway", "webhooks")
        (before,) = processes.running
        await processes.kill(random.Random(1))
        (after,) = processes.running
    finally:
        await processes.stop()

    assert before.process.returncode == -9
    assert after.command == before.command == ("gateway", "webhooks")
    assert after.log != before.log
