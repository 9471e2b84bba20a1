"""Many refunds at once: each is a command of its own, and colleagues who approve the same ones do it once."""

import asyncio

import pytest
from sqlalchemy import text

from contracts import commands
from hub.desk import listing
from tests.api.server import Api, api_settings, running_api
from tests.integration.messages import approve, available, handed_over
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def refundable(stage: Stage, api: Api, order: str) -> str:
    """A sent order with a refund of goodwill that waits for its approval; returns the refund's id."""
    await approve(stage, order)
    await stage.say("availability.events", available(order), order)
    await stage.say("warehouse.events", handed_over(order, f"T-{order}"), order)
    await stage.until_state(order, "sent")
    asked = await stage.until_rows(
        "SELECT 1 FROM orders WHERE order_id = :order AND document::text LIKE '%capture_asked%'", order=order
    )
    assert asked
    version = (await api.get(f"/v1/orders/{order}")).json()["version"]
    noted = await api.act(
        f"/v1/orders/{order}/payment/note",
        {"operation": "capture", "amount": 4500, "reference": f"c-{order}", "reason": "in the console"},
    )
    assert noted.status_code == 200, noted.text
    version = noted.json()["version"]
    made = await api.act(
        f"/v1/orders/{order}/refunds", {"kind": "goodwill", "amount": 100, "reason": "late"}, version=version
    )
    assert made.status_code == 201, made.text
    return str(made.json()["order"]["refunds"][-1]["refund_id"])


async def test_refunds_are_approved_together_and_by_two_colleagues_once(api: Api) -> None:
    orders = ("o-1", "o-2")
    refunds = [{"order": order, "refund_id": await refundable(api.stage, api, order)} for order in orders]
    wanted = {"refunds": [*refunds, {"order": "o-1", "refund_id": "no-such"}, {"order": "o-9", "refund_id": "x"}]}

    mine, theirs = await asyncio.gather(
        api.as_(name="bea").act("/v1/refunds/approve", wanted),
        api.as_(name="cid").act("/v1/refunds/approve", wanted),
    )

    states = [[(each["state"], each["code"]) for each in answer.json()["results"]] for answer in (mine, theirs)]
    for place in (0, 1):
        assert sorted(each[place][0] for each in states) == ["accepted", "rejected"]
    assert [each[2] for each in states] == [("rejected", "gate")] * 2
    assert [each[3] for each in states] == [("rejected", "unknown_order")] * 2
    approved = f"type = '{commands.ApproveRefund.type()}' AND outcome = 'applied'"
    rows = await api.stage.rows(f"SELECT order_id FROM journal WHERE {approved} ORDER BY order_id")
    assert [row["order_id"] for row in rows] == list(orders)


async def test_the_same_request_again_has_the_same_results(api: Api) -> None:
    refund = await refundable(api.stage, api, "o-1")
    wanted = {"refunds": [{"order": "o-1", "refund_id": refund}]}
    caller = api.as_(name="bea")

    first = await caller.act("/v1/refunds/approve", wanted, key="k-1")
    again = await caller.act("/v1/refunds/approve", wanted, key="k-1")

    assert first.json() == again.json()
    assert first.json()["results"][0]["state"] == "accepted"


async def test_each_of_many_counts_as_an_act(stage: Stage) -> None:
    stage.settings = api_settings(stage)
    wanted = {"refunds": [{"order": f"o-{n}", "refund_id": "r"} for n in range(4)]}

    async with running_api(stage, acts_per_second=2) as api:
        began = asyncio.get_running_loop().time()
        answer = await api.act("/v1/refunds/approve", wanted)
        took = asyncio.get_running_loop().time() - began

    assert [each["code"] for each in answer.json()["results"]] == ["unknown_order"] * 4
    assert took >= 0.9  # two at once, then two a second: no busy machine makes that shorter


async def test_refunds_need_no_order_and_a_repeated_one_is_no_riddle(api: Api) -> None:
    refund = await refundable(api.stage, api, "o-1")
    caller = api.as_(name="bea")

    many = await caller.act("/v1/refunds/approve", {"refunds": [{"refund_id": refund}, {"refund_id": "no-such"}]})
    alone = await caller.act(f"/v1/refunds/{refund}/cancel")
    unknown = await caller.act("/v1/refunds/no-such/approve")

    results = [(each["state"], each["code"]) for each in many.json()["results"]]
    assert results == [("accepted", None), ("rejected", "not_found")]
    assert (alone.status_code, alone.json()["code"]) == (409, "gate")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


async def test_one_that_lists_do_not_know_yet_stops_no_other(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def being_built(_: object) -> bool:
        return False

    refund = await refundable(api.stage, api, "o-1")
    monkeypatch.setattr(listing, "is_whole", being_built)
    wanted = {"refunds": [{"refund_id": "mistyped"}, {"order": "o-1", "refund_id": refund}]}

    many = await api.as_(name="bea").act("/v1/refunds/approve", wanted, key="k-1")
    reused = await api.as_(name="bea").act("/v1/refunds/approve", {**wanted, "reason": "another"}, key="k-1")

    results = [[(each["state"], each["code"]) for each in told.json()["results"]] for told in (many, reused)]
    assert results == [
        [("rejected", "listing_building"), ("accepted", None)],
        [("rejected", "listing_building"), ("rejected", "key_reused")],
    ]


async def test_what_two_orders_call_the_same_is_named_with_its_order(api: Api) -> None:
    refund = await refundable(api.stage, api, "o-1")
    await api.act(f"/v1/refunds/{refund}/approve", {})  # has the listing know it
    twice = "INSERT INTO refund_list SELECT 'o-2', refund_id, number, store, state, amount, currency, tender, reason, "
    twice += "requested_at, requested_by, rma_code FROM refund_list"
    async with api.stage.engine.begin() as connection:
        await connection.execute(text(twice))

    told = await api.as_(name="bea").act(f"/v1/refunds/{refund}/cancel")
    many = await api.as_(name="bea").act("/v1/refunds/cancel", {"refunds": [{"refund_id": refund}]})

    assert (told.status_code, told.json()["code"]) == (409, "ambiguous_number")
    assert many.json()["results"][0]["code"] == "ambiguous_number"


async def test_another_stores_refund_is_not_there_and_who_asks_is_written_down(api: Api) -> None:
    refund = await refundable(api.stage, api, "o-1")

    told = await api.as_(name="eve", stores=("paris",)).act(f"/v1/refunds/{refund}/approve")

    assert (told.status_code, told.json()["code"]) == (404, "not_found")
    assert refund in told.text
    assert await api.stage.until_rows("SELECT 1 FROM api_refusal WHERE code = 'unknown_order'")


async def test_many_at_once_tell_no_more_of_another_store_than_one_does(api: Api) -> None:
    refund = await refundable(api.stage, api, "o-1")
    wanted = {"refunds": [{"refund_id": refund}, {"refund_id": "no-such"}]}

    told = await api.as_(name="eve", stores=("paris",)).act("/v1/refunds/approve", wanted)

    there, nowhere = told.json()["results"]
    assert {**there, "refund_id": "no-such", "detail": there["detail"].replace(refund, "no-such")} == nowhere
    assert nowhere["code"] == "not_found"
    assert await api.stage.until_rows("SELECT 1 FROM api_refusal WHERE code = 'unknown_order'")
