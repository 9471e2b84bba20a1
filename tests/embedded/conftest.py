"""A folder for servers that every system user can reach, so that all they store lies in it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder; pytest's own are closed to the system user that PostgreSQL runs as under root."""
    place = Path(tempfile.mkdtemp(prefix="hub-servers-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)
