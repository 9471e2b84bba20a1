"""What tests of the API may ask for: one that runs beside a hub, or alone, and readers of its streams."""

from collections.abc import AsyncIterator, Sequence

import pytest

from hub.desk.live import feed
from tests.api.fixtures import api, beside, books
from tests.api.follower import Follower, Following
from tests.stage import Stage

__all__ = ["api", "beside", "books"]


@pytest.fixture
async def follower(stage: Stage) -> AsyncIterator[Following]:
    """Makes followers, who all hang up at the end of the test."""
    made: list[Follower] = []

    def follower(*scopes: str, name: str = "ann", stores: Sequence[str] = ("*",)) -> Follower:
        made.append(Follower(stage.token(*scopes, name=name, stores=stores)))
        return made[-1]

    yield follower
    for each in made:
        await each.leave()


@pytest.fixture(params=["ring", "journal"])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have what was stored before be told from the ring, or page by page from the journal."""
    if request.param == "journal":
        monkeypatch.setattr(feed, "ROWS", 2)
        monkeypatch.setattr(feed, "PAGE_ROWS", 6)
    return str(request.param)
