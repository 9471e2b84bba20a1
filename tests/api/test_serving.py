"""The API as a process: what fails beside requests is told, tried again, and stops no request."""

import asyncio
from datetime import timedelta

import pytest

from hub import projection
from hub.api import serving
from tests.api.server import running_api
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
