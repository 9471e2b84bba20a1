"""`hub up`: one process that dies costs nobody else anything; another one is started in its place, and that is said."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PATIENCE = 300.0


class Up:
    """A `hub up` in a folder of its own."""

    def __init__(self, process: asyncio.subprocess.Process, said: Path) -> None:
        self.process = process
        self._said = said

    def says(self, words: str) -> bool:
        return words in self._said.read_text()

    def children(self, command: str) -> list[int]:
        """The processes that it runs with this command of the hub."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in found if f"-m hub {command}" in _command(pid)]

    async def until(self, holds: Callable[[], object], what: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                assert self.process.returncode is None, self._said.read_text()
                await asyncio.sleep(0.2)
        assert holds(), what


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


@asynccontextmanager
async def hub_up(folder: Path) -> AsyncIterator[Up]:
    said = folder / "said"
    with said.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hub", "up", "--data", str(folder / "hub"), stdout=out, stderr=out, env={**os.environ}
        )
    try:
        yield Up(process, said)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)


@pytest.mark.skipif(not Path("/proc").exists(), reason="children are found by Linux's /proc")
async def test_another_process_is_started_in_place_of_one_that_died(tmp_path: Path) -> None:
    async with hub_up(tmp_path) as up:
        await up.until(lambda: up.says("Try in another terminal"), "it has started")
        (first,) = up.children("run")
        (api,) = up.children("api")

        os.kill(first, signal.SIGKILL)

        await up.until(lambda: up.says("in place of hub run, which ended with code -9"), "it says what died")
        (second,) = up.children("run")
        assert second != first
        assert up.children("api") == [api]

    assert up.process.returncode == 0
    assert not up.says("can't go on")
