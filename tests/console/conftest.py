"""What tests of the console may ask for: an API beside a running hub, which serves it."""

from collections.abc import AsyncIterator

import pytest

from tests.api.server import Api, api_settings, running_api
from tests.stage import Stage


@pytest.fixture
async def api(stage: Stage) -> AsyncIterator[Api]:
    """An API beside a running hub."""
    stage.settings = api_settings(stage)
    stage.start_hub()
    async with running_api(stage) as api:
        yield api
