"""The team over HTTP: figures of orders that the hub decided on, in the caller's stores, for who may audit alone."""

from typing import Any

import pytest

from domain import rights
from tests.api.server import Api
from tests.integration.messages import approve, placed

pytestmark = pytest.mark.integration


async def shown(api: Api, count: int, more: str = "") -> dict[str, Any]:
    """The team, once its stores have so many open orders."""

    async def there() -> dict[str, Any] | None:
        answer = await api.get(f"/v1/team{more}")
        if answer.status_code == 503:  # no projector has begun yet
            return None
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told if sum(in_all(each) for each in told["items"]) == count else None

    found: dict[str, Any] = await api.stage.until(there, f"{count} orders are open")
    return found


def in_all(store: dict[str, Any]) -> int:
    return sum(held["value"] for each in store["open"] for held in each.values() if isinstance(held, dict))


async def test_a_lead_sees_what_stands_in_his_stores_and_nothing_of_others(api: Api) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    for order, store in (("o-2", "lille"), ("o-3", "paris")):
        await stage.say("shop.events", placed(f"N-{order}", store=store), order)
    await stage.until_state("o-1", "availability_requested")
    lead = api.as_(*rights.ROLES["csr_lead"], name="lea", stores=("lille",))

    every = await shown(api, 3)
    own = await shown(lead, 2)
    theirs = (await lead.get("/v1/team?store=paris")).json()

    assert [each["store"] for each in every["items"]] == ["lille", "paris"]
    assert [each["store"] for each in own["items"]] == ["lille"]
    assert [each["state"] for each in own["items"][0]["open"]] == ["payment_pending", "availability_requested"]
    assert "o-3" not in str(own)
    assert "paris" not in str(own)
    assert theirs["items"] == []
    assert own["listing"]["state"] == "current"


async def test_locks_are_as_the_order_has_them_and_an_act_is_waited_for(api: Api) -> None:
    await approve(api.stage, "o-1")
    await shown(api, 1)
    await api.as_(name="omar").act("/v1/orders/o-1/lock")
    since = "jsonb_set(document, '{lock,since}', to_jsonb(now() - interval '2 hours'))"
    await api.stage.change(f"UPDATE orders SET document = {since} WHERE order_id = 'o-1'")
    await api.stage.until_rows("SELECT 1 FROM order_list WHERE locked_by = 'omar'")

    held = (await api.get("/v1/team")).json()["items"][0]
    ended = await api.act("/v1/orders/o-1/lock?force=true", {"reason": "gone home"}, method="DELETE")
    after = (await api.get(f"/v1/team?after={ended.json()['command_id']}")).json()["items"][0]

    assert [(each["order_id"], each["owner"]) for each in held["locks"]] == [("o-1", "omar")]
    assert held["locked"] == {"value": 1, "capped": False}
    assert (after["locks"], after["locked"]["value"]) == ([], 0)


async def test_stores_come_page_by_page_and_only_to_who_may_audit(beside: Api) -> None:
    await beside.stage.change("INSERT INTO listing_build (id, form, total, built_at) VALUES (1, 1, 0, now())")
    lead = beside.as_(rights.AUDIT, stores=("a", "b", "c"))

    first = await lead.get("/v1/team?limit=2")
    second = await lead.client.get(lead.base + first.links["next"]["url"], headers=lead._headers)
    many = await lead.get("/v1/team?limit=21")
    mistyped = await lead.get("/v1/team?stores=a")
    agent = await beside.as_(*rights.ROLES["csr"], name="ann").get("/v1/team")
    refused = await beside.stage.rows("SELECT caller, route, code FROM api_refusal")

    assert [[each["store"] for each in page.json()["items"]] for page in (first, second)] == [["a", "b"], ["c"]]
    assert second.json()["next_cursor"] is None
    assert [each.status_code for each in (many, mistyped, agent)] == [422, 422, 403]
    assert refused == [{"caller": "hub|ann", "route": "/v1/team", "code": "scope"}]
