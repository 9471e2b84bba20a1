"""What tests with Keycloak may ask for: one server for all of them, and a realm for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.embedded.progress import Silent
from tests.secured.keycloak import Keycloak
from tests.secured.realm import Realm, imported


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    """A running Keycloak."""
    server = Keycloak(Path(tmp_path_factory.mktemp("keycloak")), Silent())
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
async def realm(keycloak: Keycloak) -> AsyncIterator[Realm]:
    """The how-to's realm, imported."""
    async with imported(keycloak.base) as realm:
        yield realm
