"""The promise about money: what the provider has is what the hub has, to the cent, whatever dies and lies."""

from pathlib import Path

import pytest

from adapters import failpoints
from tests.e2e.fleet import fresh_seed
from tests.gateway.fire import money_under_fire
from tests.stage import Stage

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]


async def test_killed_at_every_point_the_gateway_loses_and_doubles_no_cent(stage: Stage, tmp_path: Path) -> None:
    fire = await money_under_fire(stage, tmp_path, orders=60, seed=fresh_seed())

    assert fire.books.differences == []
    assert fire.books.in_motion == []
    assert fire.books.provider == fire.books.hub
    assert fire.proof.ok, [str(each) for each in fire.proof.differences[:5]]
    assert max(fire.intents_with_money.values()) == 1
    assert max(each["captures"] for each in fire.ledger["payment_intents"]) == 1
    assert set(fire.refunds_by_request.values()) == {1}
    # What was to happen did happen.
    totals = fire.books.provider.values()
    assert min(sum(total[what] for total in totals) for what in ("captured", "refunded")) > 0
    assert fire.partial_refunds >= 1
    assert {point: fire.hits[f"{point}:kill"] >= 1 for point in failpoints.GATEWAY_POINTS} == dict.fromkeys(
        failpoints.GATEWAY_POINTS, True
    )
    assert fire.tricks["timeout_after"] >= 5
    assert fire.doubts >= 10
    assert fire.tricks["replayed"] >= 1
    assert fire.provider_kills == 1
    print(f"{fire.seconds:.0f} s, {fire.orders} orders, {len(fire.calls)} calls, {fire.doubts} in doubt, {fire.tricks}")
