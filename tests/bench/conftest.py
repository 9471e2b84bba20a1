"""What the benchmark's tests share: the servers of the tests as the benchmark's."""

import os
from collections.abc import AsyncIterator

import pytest

from adapters.embedded import Addresses
from bench.ground.ground import Ground


@pytest.fixture
async def ground(services: Addresses) -> AsyncIterator[Ground]:
    """The servers of the tests as the benchmark's; they are warm already."""
    here = Ground(services, os.getpid(), os.getpid())
    await here.connect()
    yield here
    await here.close()
