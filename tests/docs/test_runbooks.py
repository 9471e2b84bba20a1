"""The looks of the runbooks, looked: each answers on a hub that runs and on one that does not, and changes nothing."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from hub.processes import environment_of
from simulators.payment_provider import Provider, serving
from simulators.payment_provider.server import KEY
from tests.stage import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]
TEXT = (Path(__file__).parents[2] / "docs/runbooks.md").read_text()
LOOKS = list(
    dict.fromkeys(
        line for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) for line in block.strip().splitlines()
    )
)
AT_ONCE = 2


async def look(environment: dict[str, str], command: str) -> tuple[int, str]:
    """Return how a command ended, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command.split()),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.parametrize("runs", [True, False], ids=["while it runs", "while nothing runs"])
async def test_every_look_answers(stage: Stage, runs: bool) -> None:
    if runs:
        stage.start_hub()
    turns = asyncio.Semaphore(AT_ONCE)
    async with serving(Provider()) as provider:
        environment = environment_of(stage.settings) | {"HUB_GATEWAY__URL": provider.url, "HUB_GATEWAY__API_KEY": KEY}

        async def one(command: str) -> tuple[str, int, str]:
            async with turns:
                return command, *await look(environment, command)

        answers = await asyncio.gather(*map(one, LOOKS))
    for command, code, said in answers:
        assert code in (0, 1), f"{command}: {said}"
        assert "Traceback" not in said, f"{command}: {said}"
        assert said.strip(), f"{command} says nothing"
    assert await stage.rows("SELECT 1 FROM operation") == []
    assert len(answers) > 10
