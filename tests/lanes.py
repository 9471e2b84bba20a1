"""Which tests take long: `make test` is for every change, `make long` for what starts processes, browsers, or much.

A folder or file is here once its tests take a minute of a worker; both lanes together are all tests.
"""

from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
LANES: Final = ("all", "short", "long")
LONG: Final = (
    "api/test_accidents.py",
    "api/test_audit.py",
    "api/test_bulk.py",
    "api/test_compatibility.py",
    "api/test_docs.py",
    "api/test_failed_records.py",
    "api/test_fuzz.py",
    "api/test_history.py",
    "api/test_limits.py",
    "api/test_operators.py",
    "api/test_overview.py",
    "api/test_partners.py",
    "api/test_repairs.py",
    "api/test_rights.py",
    "api/test_stream_cursors.py",
    "api/test_streams.py",
    "bench",
    "chaos",
    "cli/test_sentences.py",
    "console/test_browser.py",
    "console/test_sign_in.py",
    "console/test_sign_in_provider.py",
    "console/test_team.py",
    "contracts/test_declaring.py",
    "docs/test_howtos.py",
    "docs/test_quickstart.py",
    "docs/test_runbooks.py",
    "docs/test_walkthrough.py",
    "domain/test_histories.py",
    "domain/test_machine.py",
    "e2e",
    "embedded",
    "gateway/test_deaths.py",
    "gateway/test_fire.py",
    "gateway/test_patience.py",
    "integration/test_accidents.py",
    "integration/test_growth.py",
    "integration/test_night.py",
    "integration/test_secured_servers.py",
    "listing/test_plans.py",
    "units/test_starting.py",
    "verification/test_retention.py",
    "verification/test_tampered_rows.py",
)


def left_out(config: pytest.Config, path: Path) -> bool | None:
    """Tell pytest to leave out a module of the other lane, where one is asked for."""
    lane = config.getoption("--lane")
    if lane == "all" or not path.name.startswith("test_") or not path.is_relative_to(TESTS):
        return None
    return takes_long(path) != (lane == "long") or None


def takes_long(path: Path) -> bool:
    """Tell whether a test module is in the long lane."""
    place = path.relative_to(TESTS)
    return any(place.is_relative_to(each) for each in LONG)
