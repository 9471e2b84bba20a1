"""A shard's time is PostgreSQL's: a process whose own clock is wrong fires nothing early, and says so."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters import tokens
from consumers.shard.clock import Clock

KEY = "a-key-for-tests-only-" * 3
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize("off", [timedelta(days=20), -timedelta(days=20), timedelta(minutes=2)])
def test_the_processes_own_clock_counts_for_nothing_and_is_told_of(off: timedelta) -> None:
    clock = Clock()
    postgres = datetime.now(UTC) - off

    clock.observe(postgres)

    assert timedelta() <= clock.now() - postgres < timedelta(seconds=10)
    assert f"{abs(off).total_seconds():.0f} s" in clock.trouble
    assert ("ahead of" if off > timedelta() else "behind") in clock.trouble


def test_a_clock_that_is_right_is_no_trouble_and_moves_ahead_where_it_is_told_to() -> None:
    clock = Clock(timedelta(days=3))
    now = datetime.now(UTC)

    clock.observe(now)

    assert clock.trouble == ""
    assert timedelta() <= clock.now() - now - timedelta(days=3) < timedelta(seconds=10)


@pytest.mark.parametrize(("after", "counts"), [(0, True), (59, True), (61, False), (-3600, True)])
def test_a_token_counts_at_the_time_of_its_record_whenever_that_is_read(after: int, counts: bool) -> None:
    token = tokens.create(KEY, "ann", ["orders.manage"], ["lille"], timedelta(minutes=1), NOON).encode()

    actor = tokens.verifier(KEY)(token, NOON + timedelta(seconds=after))

    assert (actor is not None) == counts
