"""The API as a process: what fails beside requests is told, tried again, and stops no request."""

import asyncio
import os
import sys
from datetime import timedelta

import pytest

from hub import projection
from hub.api import serving
from tests.api.server import API_KEY, running_api
from tests.integration.messages import approve
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def test_a_listing_that_can_not_be_kept_is_told_and_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried = asyncio.Semaphore(0)

    async def failing(*_: object) -> None:
        tried.release()
        raise ZeroDivisionError("a bug in the projector")

    monkeypatch.setattr(projection, "serve", failing)
    monkeypatch.setattr(serving, "AGAIN_SECONDS", 0.05)
    async with running_api(stage) as api:
        async with asyncio.timeout(60):
            for _ in range(3):
                await tried.acquire()
        answered = await api.get("/v1/me")

    assert answered.status_code == 200
    told = capsys.readouterr().out
    assert "can't be kept" in told
    assert "what=listing" in told


async def test_an_api_that_the_hub_does_not_know_says_so(stage: Stage) -> None:
    stage.start_hub()  # with settings that name no issuer
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")

    async with running_api(stage, wait=timedelta(seconds=20)) as api:
        told = await api.act("/v1/orders/o-1/notes", {"text": "called"})

    assert (told.status_code, told.json()["code"]) == (503, "not_set_up")
    assert "HUB_ISSUERS" in told.json()["detail"]


async def test_an_api_of_one_database_of_several_refuses_to_start_and_says_what_to_do() -> None:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    nowhere = {"HUB_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1", "HUB_DATABASE__URL": "postgresql://hub@127.0.0.1:1/hub"}
    half = {"HUB_DATABASE__PART": "1/2", "HUB_SIGNING_KEYS": f'["{"k" * 32}"]', "HUB_API__KEY": API_KEY}

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub", "api"),
        env=clean | nowhere | half,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()

    assert process.returncode == 2, said.decode()
    assert "this hub has 2 (HUB_DATABASE__PART=1/2)" in said.decode()
    assert "docs/scaling.md" in said.decode()
