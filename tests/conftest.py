"""What every test may ask for: real servers for the session, and a hub of its own on them."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from adapters.embedded import Addresses
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from hub import wiring
from tests.containers import container_services
from tests.lanes import LANES, left_out
from tests.services import embedded_services
from tests.stage import Stage, Template, new_stage, new_template

# No test measures time: a machine that is busy elsewhere must not fail one.
settings.register_profile("hub", deadline=None)
settings.load_profile("hub")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--services", choices=("embedded", "containers"), default="embedded")
    parser.addoption("--lane", choices=LANES, default="all", help="short: what make test runs; long: the rest")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return left_out(config, collection_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly where the pages were not tried in a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any("no browser on this machine" in str(each.longrepr) for each in skipped):
        terminalreporter.section("The console's pages were NOT tested: install chromium (apt install chromium)", "!")


@pytest.fixture(scope="session")
def shared_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of the session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest, shared_folder: Path) -> Iterator[Addresses]:
    """A real Kafka and a real PostgreSQL, once for all workers; embedded unless containers are asked for."""
    if request.config.getoption("--services") == "containers":
        with container_services(shared_folder) as addresses:
            yield addresses
    else:
        with embedded_services(shared_folder) as addresses:
            yield addresses


@pytest.fixture(scope="session")
def template(services: Addresses, shared_folder: Path) -> Template:
    """A migrated database from which each test's own is copied."""
    return new_template(services, shared_folder)


@pytest.fixture
async def stage(template: Template, tmp_path: Path) -> AsyncIterator[Stage]:
    """A hub's own database and topics, with what a test needs to write to it and to look at it."""
    async with new_stage(template, tmp_path) as stage:
        yield stage


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Orders, types of facts or event ids for which deciding raises; it stops when the set is cleared."""
    names: set[str] = set()

    def failing(order: Any, received: Any, known: Any) -> Any:
        if order.id in names or received.cause.type in names or received.cause.id in names:
            raise ZeroDivisionError("a bug in a rule")
        return ORDER.decide(order, received, known)

    monkeypatch.setattr(wiring, "KINDS", Kinds(replace(ORDER, decide=failing), WORD_LIST))
    return names
