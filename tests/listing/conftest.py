"""What tests of the listing may ask for: a database of their own, with shards and without a hub."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.postgres import schema
from hub.desk import Desk, open_desk
from hub.projection import SESSION
from hub.settings import DatabaseSettings, KafkaSettings, Settings
from hub.wiring import engine_of
from tests.listing.seeds import seeded
from tests.listing.shelf import Shelf
from tests.stage import SHARDS, Template, drop, execute


@pytest.fixture
async def shelf(template: Template) -> AsyncIterator[Shelf]:
    """An empty shelf."""
    name = f"l{uuid.uuid4().hex[:10]}"
    await execute(template.url("postgres"), f"CREATE DATABASE {name} TEMPLATE {template.name}")
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=template.addresses.bootstrap_servers),
        database=DatabaseSettings(url=SecretStr(template.url(name))),
        shards=SHARDS,
    )
    engine = engine_of(settings, session=SESSION)
    await schema.create_shards(engine, SHARDS)
    yield Shelf(settings, engine)
    await engine.dispose()
    await drop(template, name)


@pytest.fixture(scope="session")
def seeded_url(template: Template, shared_folder: Path) -> str:
    """The address of a database with a hundred thousand listed orders."""
    return seeded(template, shared_folder)


@pytest.fixture
async def library(template: Template, seeded_url: str) -> AsyncIterator[Desk]:
    """A desk on a hundred thousand listed orders; nobody writes there."""
    settings = Settings(
        kafka=KafkaSettings(bootstrap_servers=template.addresses.bootstrap_servers),
        database=DatabaseSettings(url=SecretStr(seeded_url)),
        shards=SHARDS,
    )
    async with open_desk(settings) as desk:
        yield desk
