"""Lists over HTTP: what people type, in the stores that are theirs, page by page, and how current it is."""

import asyncio
from typing import Any

import pytest

from contracts.message import Message
from contracts.shop import Address, Customer, OrderLine, OrderPlaced
from domain import rights
from tests.api.server import Api
from tests.integration.messages import approve, available, handed_over
from tests.stage import Stage

pytestmark = pytest.mark.integration


def placed(number: str, store: str = "lille", **customer: str) -> OrderPlaced:
    told = {"name": "Zoé Vasseur", "email": "zoe@example.org", "phone": "+33 6 12 34 56 78"} | customer
    return OrderPlaced(
        number=number,
        store=store,
        currency="EUR",
        customer=Customer(id=f"c-{number}", **told),
        shipping_address=Address(street="1 rue Basse", city="Lille", postcode="59800", country="FR"),
        lines=(OrderLine(line=1, sku="shirt-M", model="shirt", quantity=1, unit_price=2000),),
    )


async def place(stage: Stage, *orders: Message) -> None:
    for number, order in enumerate(orders):
        await stage.say("shop.events", order, f"o-{number}")
    for number in range(len(orders)):
        await stage.until_state(f"o-{number}", "payment_pending")


async def listed(api: Api, path: str, count: int) -> dict[str, Any]:
    """The list once the listing has so many rows of it."""
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        answer = await api.get(path)
        if answer.status_code == 200 and len(answer.json()["items"]) >= count:
            found: dict[str, Any] = answer.json()
            return found
        assert asyncio.get_running_loop().time() < deadline, answer.text
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("06 12 34 56 78", "phone"),
        ("vasseur 59800", "name_postcode"),
        ("Zoe@Example.org", "email"),
        ("W-4018227", "number"),
        ("vass", "name"),
    ],
)
async def test_an_order_is_found_by_what_people_know_of_it(api: Api, typed: str, kind: str) -> None:
    await place(
        api.stage, placed("W-4018227"), placed("W-1", name="Ben Other", email="b@example.org", phone="0611111111")
    )
    await listed(api, "/v1/orders", 2)

    found = (await api.client.get(f"{api.base}/v1/orders", params={"q": typed}, headers=api._headers)).json()

    assert [each["number"] for each in found["items"]] == ["W-4018227"]
    assert kind in "+".join(each["kind"] for each in found["understood"])
    assert found["only"] == ("W-4018227" if kind == "number" else None)


async def test_pages_follow_each_other_and_a_cursor_is_good_for_its_own_list_alone(api: Api) -> None:
    await place(api.stage, *(placed(f"W-{number}") for number in range(5)))
    everything = (await listed(api, "/v1/orders?limit=200", 5))["items"]

    first = await api.get("/v1/orders?limit=2&count=1")
    second = await api.get(f"/v1/orders?limit=2&cursor={first.json()['next_cursor']}")
    third = await api.client.get(api.base + second.links["next"]["url"], headers=api._headers)
    other = await api.get(f"/v1/orders?state=sent&cursor={first.json()['next_cursor']}")
    forged = await api.get("/v1/orders?cursor=nonsense")
    mistyped = await api.get("/v1/orders?stat=sent")

    pages = [each["order_id"] for page in (first, second, third) for each in page.json()["items"]]
    assert pages == [each["order_id"] for each in everything]
    assert first.json()["count"] == {"value": 5, "capped": False}
    assert (other.status_code, other.json()["code"]) == (400, "cursor_mismatch")
    assert (forged.status_code, forged.json()["code"]) == (400, "cursor_invalid")
    assert mistyped.status_code == 422


async def test_lists_hold_the_callers_stores_and_nothing_else(api: Api) -> None:
    await place(api.stage, placed("W-1", "lille"), placed("W-2", "paris"))
    await listed(api, "/v1/orders", 2)
    ann = api.as_(*rights.ROLES["csr"], stores=("lille",))

    mine = (await ann.get("/v1/orders")).json()["items"]
    theirs = (await ann.get("/v1/orders?store=paris")).json()["items"]
    sought = (await ann.get("/v1/orders?q=W-2")).json()["items"]
    counted = (await ann.get("/v1/orders?count=1")).json()["count"]
    operator = await api.as_(rights.OPERATE).get("/v1/orders")

    assert [each["number"] for each in mine] == ["W-1"]
    assert (theirs, sought, counted) == ([], [], {"value": 1, "capped": False})
    assert operator.status_code == 403


async def test_what_waits_for_people_is_listed_and_counted(api: Api) -> None:
    stage = api.stage
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    version = (await api.get("/v1/orders/o-1")).json()["version"]
    await api.act("/v1/orders/o-1/hold", {"reason": "waits"}, version=version)
    await api.act("/v1/orders/o-1/holds/csr", {"reason": "on"}, method="DELETE", version=version + 1)
    await stage.say("availability.events", available("o-1"), "o-1")
    await stage.say("warehouse.events", handed_over("o-1", "T-1"), "o-1")
    await stage.until_state("o-1", "sent")
    version = (await api.get("/v1/orders/o-1")).json()["version"]
    lines = [{"line": 1, "quantity": 1, "reason": "unwanted"}]
    made = await api.act("/v1/orders/o-1/returns", {"lines": lines, "outcome": "refund"}, version=version)
    assert made.status_code == 201, made.text
    code = made.json()["order"]["returns"][0]["rma_code"]

    returns = (await listed(api, "/v1/returns", 1))["items"]
    confirmed = await api.act(f"/v1/returns/{code.lower()}/confirm")
    counts = (await api.get("/v1/counts")).json()

    assert [each["rma_code"] for each in returns] == [code]
    assert confirmed.status_code == 200, confirmed.text
    assert counts["returns"]["value"] == 1


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/pending-orders", "/v1/returns", "/v1/refunds", "/v1/attention"])
async def test_a_parameter_that_is_there_and_empty_is_as_if_it_were_not(api: Api, path: str) -> None:
    told = await listed(api, f"{path}?cursor=&after=" + ("&q=" if path == "/v1/orders" else ""), 0)

    assert told["items"] == []
