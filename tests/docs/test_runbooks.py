"""The looks of the runbooks, looked: each answers on a hub that runs and on one that does not, and changes nothing."""

import asyncio

import pytest
from typer.testing import CliRunner

from hub.cli.application import application, wanted
from hub.cli.exits import OF_KIND
from hub.errors import KINDS, kind_of
from hub.processes import environment_of
from simulators.payment_provider import Provider, serving
from simulators.payment_provider.server import KEY
from tests.stage import Stage
from tests.telemetry.runbooks import LOOKS

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]


def look(environment: dict[str, str], command: str) -> tuple[str, int, str]:
    """Return how a command ended, and what it said."""
    done = CliRunner().invoke(application(wanted(command.split()[1:])), command.split()[1:], env=environment)
    error = done.exception
    if isinstance(error, Exception) and isinstance(error, tuple(KINDS)):
        return command, OF_KIND[kind_of(error)], str(error)
    assert error is None or isinstance(error, SystemExit), f"{command}: {error!r}"
    return command, done.exit_code, done.output


@pytest.mark.parametrize("runs", [True, False], ids=["while it runs", "while nothing runs"])
async def test_every_look_answers(stage: Stage, runs: bool) -> None:
    if runs:
        stage.start_hub()
    async with serving(Provider()) as provider:
        environment = environment_of(stage.settings) | {"HUB_GATEWAY__URL": provider.url, "HUB_GATEWAY__API_KEY": KEY}
        answers = [await asyncio.to_thread(look, environment, command) for command in LOOKS]
    for command, code, said in answers:
        assert code in (0, 1) or (command.startswith("hub listing") and "Run: hub project" in said), (
            f"{command}: {said}"
        )
        assert said.strip(), f"{command} says nothing"
    assert await stage.rows("SELECT 1 FROM operation") == []
    assert len(answers) > 10
