"""The API as a process: what fails beside requests is told, tried again, and stops no request."""

import asyncio

import pytest

from hub import projection
from hub.api import serving
from tests.api.server import running_api
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
