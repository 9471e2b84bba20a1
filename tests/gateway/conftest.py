"""One stage, one provider and one gateway for all the tests of a module that take an order of their own each."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.gateway.till import Till, till
from tests.stage import Template, new_stage


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    """A gateway that runs, and its provider."""
    async with new_stage(template, tmp_path_factory.mktemp("gateway")) as stage, till(stage) as found:
        found.start()
        yield found
