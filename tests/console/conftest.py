"""What tests of the console may ask for: visitors, with a browser and without."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest

from tests.api.books import Books
from tests.api.server import Api, api_settings, running_api
from tests.console.browser import Browser, browser_path
from tests.console.people_at_work import Entrance
from tests.console.visitor import Visitor
from tests.stage import Stage

Visiting = Callable[[Api], Awaitable[Visitor]]


@pytest.fixture
async def api(stage: Stage) -> AsyncIterator[Api]:
    """An API with its console, beside a running hub."""
    stage.settings = api_settings(stage)
    stage.start_hub()
    async with running_api(stage) as api:
        yield api


@pytest.fixture
async def beside(stage: Stage) -> AsyncIterator[Api]:
    """An API with its console without a hub, and without lists."""
    async with running_api(stage, project=False) as api:
        yield api


@pytest.fixture
async def books(stage: Stage) -> Books:
    """The journal, to be written by the test."""
    return Books(stage)


@pytest.fixture
async def visiting() -> AsyncIterator[Callable[[Api], Visitor]]:
    """Makes visitors, each with cookies of his own."""
    clients: list[httpx2.AsyncClient] = []

    def visitor(api: Api) -> Visitor:
        clients.append(httpx2.AsyncClient(timeout=60))
        return Visitor(api, clients[-1])

    yield visitor
    for each in clients:
        await each.aclose()


@pytest.fixture
async def sign_in() -> AsyncIterator[Entrance]:
    """Signs people in, each with cookies of his own."""
    entrance = Entrance([])
    yield entrance
    for each in entrance.clients:
        await each.aclose()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real browser; where there is none the test is skipped, unless HUB_BROWSER says that there must be one."""
    path = browser_path()
    if path is None:
        assert os.environ.get("CONSOLE_BROWSER") != "required", "no browser: install Debian's chromium"
        pytest.skip("no browser on this machine: install chromium to run the tests of the pages")
    async with Browser.started(path) as browser:
        yield browser
