"""One short run of chaos: every failpoint and every kind of fault once, then everything drains and is proved."""

from pathlib import Path

import pytest
from rich.console import Console

from hub.screen import Screen
from tests.chaos.operators import ServiceDesk
from tests.chaos.run import Run, Wishes
from tests.chaos.schedule import KINDS
from tests.e2e.fleet import fresh_seed

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(900)]


async def test_every_kind_of_fault_happens_and_the_hub_keeps_both_promises(tmp_path: Path) -> None:
    seed = fresh_seed()

    result = await Run(Wishes(seed), Screen(Console(), quiet=False), ServiceDesk()).play(tmp_path)

    assert result.faults == [], f"seed {seed}, logs in {tmp_path}"
    assert result.missing == [], f"seed {seed}"
    assert all(result.counts[kind.name] >= 1 for kind in KINDS)
    assert result.proof["ok"]
    assert (result.proof["lost"], result.proof["doubled"], result.proof["out_of_order"]) == (0, 0, 0)
    assert result.proof["facts"] > 1_000
    assert result.watched["events"] > 1_000
    assert result.drain_seconds is not None
