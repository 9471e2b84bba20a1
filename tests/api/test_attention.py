"""What people should look at, over HTTP: reasons of the listing, and orders in quarantine beside them."""

from typing import Any

import pytest

from domain import rights
from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
ORDER = """INSERT INTO orders (order_id, shard, seq, changes, version, state, number, store, rules, document)
  VALUES (:o, 0, 1, 1, 1, 'sent', 'N-' || :o, :s, 1, '{}')"""
QUARANTINE = """INSERT INTO quarantine (order_id, shard, reason, since) VALUES (:o, 0, 'KeyError: ada@example.org',
    CAST('2026-05-01T00:00:00Z' AS timestamptz) + :n * interval '1 h')"""
REASON = """INSERT INTO reason_list (order_id, i, number, store, kind, what, by, "do", blocking, at)
  VALUES (:o, 0, 'N-' || :o, :s, 'hold', 'csr', 'csr', 'wait', false,
    CAST('2026-05-01T00:30:00Z' AS timestamptz) + :n * interval '1 h')"""


@pytest.fixture
async def desk(beside: Api) -> Api:
    """Orders in quarantine at every hour, one of them not known yet, and held ones between them."""
    await beside.stage.change("INSERT INTO listing_build (id, form, total, built_at) VALUES (1, 1, 0, now())")
    for n, (order, store) in enumerate((("q-lille", "lille"), ("q-paris", "paris"), ("q-new", ""))):
        if store:
            await beside.stage.change(ORDER, o=order, s=store)
        await beside.stage.change(QUARANTINE, o=order, n=n)
    for n, (order, store) in enumerate((("h-lille", "lille"), ("h-paris", "paris"))):
        await beside.stage.change(REASON, o=order, s=store, n=n)
    await beside.stage.change(QUARANTINE, o="wordlist:themes", n=9)
    return beside


async def listed(api: Api, more: str = "") -> list[dict[str, Any]]:
    """All pages of the list, two rows each."""
    found: list[dict[str, Any]] = []
    path = f"/v1/attention?limit=2{more}"
    while path:
        answer = await api.get(path)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        path = answer.links.get("next", {}).get("url", "")
    return found


async def test_orders_in_quarantine_stand_among_the_reasons_by_time(desk: Api) -> None:
    found = await listed(desk, "&count=true")
    count = (await desk.get("/v1/attention?count=true")).json()["count"]

    assert [each["order_id"] for each in found] == ["q-lille", "h-lille", "q-paris", "h-paris", "q-new"]
    assert count == {"value": 5, "capped": False}
    first, *_, last = found
    assert [first[name] for name in ("kind", "what", "by", "blocking", "number", "store")] == [
        *("quarantine", "rule_failed", "hub", True, "N-q-lille", "lille")
    ]
    assert (last["number"], last["store"], last["due_at"]) == (None, None, None)
    assert "ada" not in str(found)


FILTERS = {
    "&kind=quarantine": ["q-lille", "q-paris", "q-new"],
    "&kind=hold": ["h-lille", "h-paris"],
    "&kind=hold&kind=quarantine&store=paris": ["q-paris", "h-paris"],
    "&blocking=true": ["q-lille", "q-paris", "q-new"],
    "&overdue=true": [],
    "&by=hub&store=lille": ["q-lille"],
    "&mine=true": [],
}


@pytest.mark.parametrize("more", FILTERS)
async def test_filters_hold_for_orders_in_quarantine_too(desk: Api, more: str) -> None:
    assert [each["order_id"] for each in await listed(desk, more)] == FILTERS[more]


async def test_who_may_see_one_store_sees_its_orders_in_quarantine_alone(desk: Api) -> None:
    caller = desk.as_(rights.READ, name="ben", stores=("lille",))

    assert [each["order_id"] for each in await listed(caller)] == ["q-lille", "h-lille"]


async def test_an_order_that_goes_on_is_no_reason_any_more(api: Api, bug: set[str]) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    bug.add("o-1")
    await api.act("/v1/orders/o-1/notes", {"text": "one"}, headers={"Prefer": "wait=20"})
    there = await listed(api, "&kind=quarantine")
    bug.clear()
    token = (await api.act("/v1/ops/failed/preview", {"order": "o-1"})).json()["choice_token"]
    await api.act("/v1/ops/failed/retry", {"why": "mended", "choice_token": token})

    async def gone() -> bool:
        return await listed(api, "&kind=quarantine") == []

    await api.stage.until(gone, "the order is no reason any more")
    assert [each["order_id"] for each in there] == ["o-1"]
