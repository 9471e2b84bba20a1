"""The demo as a newcomer runs it: orders through real servers, mischief, kills, and the proof."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.e2e.fleet import fresh_seed

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]


async def test_the_demo_proves_both_promises_and_leaves_nothing_behind(tmp_path: Path) -> None:
    seed = fresh_seed()
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    arguments = ["demo", "--orders", "40", "--seed", str(seed), "--mischief", "high", "--kill", "--json"]
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "hub", *arguments],
        env={**clean, "TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()

    assert process.returncode == 0, f"seed {seed}: {err.decode()[-3000:]}{out.decode()[-3000:]}"
    report = json.loads(out)
    assert (report["lost"], report["doubled"], report["out_of_order"]) == (0, 0, 0)
    assert report["kills"] >= 3
    assert report["verified"] is True
    assert report["unexplained"] == []
    assert sum(report["states"].values()) >= 40
    assert report["refunds"]["executed"] >= 0
    assert all(each["message"] and each["by"] and each["due"] for each in report["open"])
    assert _processes_below(tmp_path) == []


def _processes_below(folder: Path) -> list[str]:
    """Return the command lines that name the demo's folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and "pytest" not in line:
            found.append(line)
    return found
