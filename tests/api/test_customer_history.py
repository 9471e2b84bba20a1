"""What whoever judges an order is told of the customer's other orders."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from contracts.values import changed
from domain import rights
from tests.api.server import Api
from tests.integration.messages import placed

pytestmark = pytest.mark.integration
PATH = "/v1/orders/o-0/customer-history"
CUSTOMER = placed().customer
OTHER = {"name": "Ida", "email": "ida@example.org"}
ORDERS = (
    placed("N-0", customer=changed(CUSTOMER, phone="+33 6 12 34 56 78")),
    placed("N-1", customer=changed(CUSTOMER, email=None)),
    placed("N-2", customer=changed(CUSTOMER, id="c-2", email="ADA@example.org")),
    placed("N-3", customer=changed(CUSTOMER, id="c-3", phone="06 12 34 56 78", **OTHER)),
    placed("N-4", customer=changed(CUSTOMER, id="c-4", **OTHER)),
    placed("N-5", store="paris"),
)
"""The judged order, one with its customer id, e-mail address, telephone number, none of these; another store's."""


async def history(api: Api, count: int, **asked: Any) -> Mapping[str, Any]:
    """The history once the listing has so many orders of it."""
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        answer = await api.get(PATH, params=asked)
        if answer.status_code == 200 and len(answer.json()["items"]) >= count:
            found: Mapping[str, Any] = answer.json()
            return found
        assert asyncio.get_running_loop().time() < deadline, answer.text
        await asyncio.sleep(0.1)


@pytest.fixture
async def orders(api: Api) -> Api:
    for number, order in enumerate(ORDERS):
        await api.stage.say("shop.events", order, f"o-{number}")
    for number in range(len(ORDERS)):
        await api.stage.until_state(f"o-{number}", "payment_pending")
    cancelled = await api.act("/v1/orders/o-1/cancel", {"reason": "fraud_proven"}, version=1)
    assert cancelled.status_code == 200, cancelled.text
    return api


async def test_the_customers_other_orders_are_known_by_id_address_and_number(orders: Api) -> None:
    await history(orders, 4)
    found = (await history(orders.as_(rights.REVIEW, stores=("lille",)), 3))["items"]

    told = {each["number"]: each for each in found}
    assert {number: sorted(each["matched"]) for number, each in told.items()} == {
        "N-1": ["customer_id"],
        "N-2": ["email"],
        "N-3": ["phone"],
    }
    assert [each["placed_at"] for each in found] == sorted((each["placed_at"] for each in found), reverse=True)
    assert told["N-2"]["total"] == {"amount": 4500, "currency": "EUR"}
    assert told["N-2"]["refunded"] == {"amount": 0, "currency": "EUR"}
    assert (told["N-2"]["state"], told["N-2"]["cancelled_for"]) == ("payment_pending", None)
    assert told["N-1"]["cancelled_for"] == "fraud_proven"


async def test_another_stores_orders_are_told_to_those_alone_who_may_see_them(orders: Api) -> None:
    everywhere = await history(orders, 4)
    here = await orders.as_(stores=("lille",)).get(PATH)
    elsewhere = await orders.as_(stores=("paris",)).get(PATH)

    (foreign,) = (each for each in everywhere["items"] if each["store"] == "paris")
    assert foreign["matched"] == ["email", "customer_id"]
    assert {each["store"] for each in here.json()["items"]} == {"lille"}
    assert elsewhere.status_code == 404


async def test_a_history_is_told_as_far_as_it_is_asked_for(orders: Api) -> None:
    whole = await history(orders, 4)
    part = await history(orders, 2, limit=2)

    assert (whole["more"], part["more"]) == (False, True)
    assert part["items"] == whole["items"][:2]
    assert whole["listing"]["state"] in ("current", "behind")
