"""What tests of the API and of the console may ask for: one that runs beside a hub, or alone, and the journal."""

from collections.abc import AsyncIterator

import pytest

from tests.api.books import Books
from tests.api.server import Api, api_settings, running_api
from tests.stage import Stage


@pytest.fixture
async def api(stage: Stage) -> AsyncIterator[Api]:
    """An API beside a running hub."""
    stage.settings = api_settings(stage)
    stage.start_hub()
    async with running_api(stage) as api:
        yield api


@pytest.fixture
async def books(stage: Stage) -> Books:
    """The journal, to be written by the test."""
    return Books(stage)


@pytest.fixture
async def beside(stage: Stage) -> AsyncIterator[Api]:
    """An API without a hub: what is stored is what a test writes into the books."""
    async with running_api(stage, project=False) as api:
        yield api
