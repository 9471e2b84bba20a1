"""What tests of the console may ask for: visitors, with a browser and without."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.api.fixtures import api, beside, books
from tests.console.browser import Browser, browser_path
from tests.console.town import Town, town_of
from tests.console.visitor import Visiting
from tests.stage import Stage

__all__ = ["api", "beside", "books"]


@pytest.fixture
async def visiting() -> AsyncIterator[Visiting]:
    """Makes visitors, each with cookies of his own."""
    visiting = Visiting()
    yield visiting
    for each in visiting.clients:
        await each.aclose()


@pytest.fixture
async def town(stage: Stage) -> AsyncIterator[Town]:
    """An API in whose console no page is empty."""
    async with town_of(stage) as town:
        yield town


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real browser; where there is none the test is skipped, unless CONSOLE_BROWSER says that there must be one."""
    path = browser_path()
    if path is None:
        assert os.environ.get("CONSOLE_BROWSER") != "required", "no browser: install Debian's chromium"
        pytest.skip("no browser on this machine: install chromium to run the tests of the pages")
    async with Browser.started(path) as browser:
        yield browser
