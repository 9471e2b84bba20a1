"""The documents that tell what to type, typed: each block is run as it stands, and what the page says of it is so."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]

ROOT: Final = Path(__file__).parents[2]
BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_TYPED: Final = ("make setup", ". .venv/bin/activate", "hub up", "hub up --processes 0")
"""What has happened already: the project is set up, and the hub runs."""
NUMBERS: Final = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
PATIENCE: Final = 120.0


def number(word: str) -> int:
    return NUMBERS.index(word.lower())


class Shell:
    """A terminal in the project's folder, beside a hub of its own."""

    def __init__(self, folder: Path, kafka: str) -> None:
        bare = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
        path = f"{Path(sys.executable).parent}:{bare['PATH']}"
        self._env = {**bare, "PATH": path, "KAFKA": kafka, "COLUMNS": "200"}
        self._folder = folder
        self.said = ""

    async def run(self, script: str, *, must: bool = True) -> str:
        """Run lines as one script; fail with what they complained of, if they must end well."""
        process = await asyncio.create_subprocess_exec(
            "bash",
            *("-euo", "pipefail", "-c", script),
            cwd=self._folder,
            env=self._env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), 120)
        self.said = out.decode()
        assert process.returncode == 0 or not must, f"{script}\n{self.said}"
        return self.said

    async def until(self, script: str, *told: str) -> str:
        """Run lines again until they say all of this: the hub takes a moment."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while True:
            said = await self.run(script, must=False)
            if all(each in said for each in told):
                return said
            assert loop.time() < end, f"{script} never says {told}:\n{said}"
            await asyncio.sleep(0.5)

    @asynccontextmanager
    async def beside(self, command: str) -> AsyncIterator[None]:
        """Run a program in another terminal meanwhile."""
        quiet = asyncio.subprocess.DEVNULL
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command.split(), cwd=self._folder, env=self._env, stdout=quiet, stderr=quiet
        )
        try:
            yield
        finally:
            program.terminate()
            await asyncio.wait_for(program.wait(), 60)


@asynccontextmanager
async def hub_up(folder: Path, command: str = "hub up") -> AsyncIterator[Shell]:
    """Start everything as a page says, in a folder of its own."""
    for name in ("docs", "contracts"):
        (folder / name).symlink_to(ROOT / name)
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    told = folder / "up.log"
    with told.open("wb") as log:
        up = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command.split(), cwd=folder, env=clean, stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(120):
            while (found := re.search(r"^Kafka +([\d.]+:\d+)$", told.read_text(), re.MULTILINE)) is None:
                assert up.returncode is None, told.read_text()
                await asyncio.sleep(0.5)
        yield Shell(folder, found[1])
    finally:
        up.terminate()
        await asyncio.wait_for(up.wait(), 60)


def sections(page: str) -> list[tuple[str, list[str]]]:
    """Return each section of a page as its text and what is typed in it."""
    parts = (ROOT / "docs" / page).read_text().split("\n## ")[1:]
    typed = [(part, [without(block) for block in BLOCK.findall(part)]) for part in parts]
    return [(part, [block for block in blocks if block]) for part, blocks in typed]


def without(block: str) -> str:
    """Return a block without what has happened already."""
    lines = [line for line in block.splitlines() if line not in NOT_TYPED and not line.startswith("export KAFKA=")]
    return "\n".join(lines)


def state_told(text: str, order: str) -> str:
    """Return the state in which a section says that an order is."""
    named = re.search(rf"`{order}` is `(\w+)`", text) or re.search(r"The order is `(\w+)`", text)
    assert named is not None, text
    return named[1]


async def test_the_quickstart_is_what_happens(tmp_path: Path) -> None:
    started, placed, answered, repeated, simulated = sections("quickstart.md")[:5]
    async with hub_up(tmp_path) as shell:
        told = re.search(r"(\w+) lines should begin with `ok`", started[0])
        assert told is not None
        checked = await shell.until(started[1][0], "lag 0")
        assert len(re.findall(r"^ok ", checked, re.MULTILINE)) == number(told[1])

        await shell.run(placed[1][0])
        await shell.until(placed[1][1], state_told(placed[0], "Q-1"))

        asked = await shell.run(answered[1][0])
        request = re.search(r'authorization_requested\.v1 order-0001 .*"request_id":"([^"]+)"', asked)
        assert request is not None, asked
        *answers, show = answered[1][1].replace("PUT IT HERE", request[1]).rsplit("\n", 1)
        await shell.run("\n".join(answers))
        await shell.until(show, state_told(answered[0], "Q-1"), "O-13")

        *said, show = repeated[1][0].rsplit("\n", 1)
        await shell.run("\n".join(said))
        rows = await shell.until(show, "late")
        assert rows.count("order.placed.v1") == 2
        assert "data_invalid" in await shell.run(repeated[1][1])

        await shell.run(simulated[1][0].rsplit("\n", 1)[0])
        assert "pay-1" in shell.said
        rows = await shell.until(simulated[1][0].rsplit("\n", 1)[1], state_told(simulated[0], "Q-2"))
        word = re.search(r"with (\w+) rows", simulated[0])
        assert word is not None
        assert len(re.findall(r"^│ \d+ +│ \d\d-\d\d ", rows, re.MULTILINE)) == number(word[1])


async def test_how_to_read_the_events_is_what_happens(tmp_path: Path) -> None:
    pages = {part.splitlines()[0]: (part, typed) for part, typed in sections("howto/read-the-events.md")}
    order = sections("quickstart.md")[1][1][0]
    async with hub_up(tmp_path) as shell:
        await shell.run(order)
        await shell.until("hub order show Q-1", "payment_pending")

        said = await shell.run(pages["Subscribe"][1][0].replace("order.status", "order.status --seconds 4"))
        assert {"order.created.v1", "order.status.v1"} <= set(re.findall(r"order\.\w+\.v1", said))
        answered = await shell.run(pages["Command an order"][1][0])
        assert "command.accepted.v1" in answered

        (tmp_path / "data.json").write_text((ROOT / "docs/examples/order.json").read_text())
        (tmp_path / "message.json").write_text(_structured((ROOT / "docs/examples/order.json").read_text()))
        await shell.run(pages["Check a message offline"][1][0])


async def test_how_to_be_a_partner_is_what_happens(tmp_path: Path) -> None:
    pages = {part.splitlines()[0]: (part, typed) for part, typed in sections("howto/be-a-partner.md")}
    text, (run,) = pages["Try it on your machine"]
    (servers,) = re.findall(r"^hub up .*$", text, re.MULTILINE)
    (block,) = pages["See what became of it"][1]
    async with hub_up(tmp_path, servers) as shell:
        async with shell.beside(run):
            await shell.until("hub check", "8 of 8 owned")
        async with shell.beside(run):  # stopped, and started again
            await shell.until("hub check", "8 of 8 owned")
            assert "data_invalid" in await shell.run(block)


def _structured(data: str) -> str:
    head = '"specversion": "1.0", "id": "1", "source": "/shops/example", "type": "order.placed.v1", "subject": "o-1"'
    return f'{{{head}, "data": {data}}}'
