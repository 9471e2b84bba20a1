"""A day at the desk: what an agent does with an order from its first call to the exchange, over HTTP alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from contracts.shop import OrderLine, ReceivedLine
from contracts.warehouse import ReturnReceived
from tests.api.follower import Following
from tests.api.server import Api
from tests.integration.messages import CLEAR, authorized, available, captured, handed_over, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration
SHIRT = OrderLine(line=1, sku="shirt-M", model="shirt", quantity=2, unit_price=2000)


async def found(api: Api, typed: str) -> list[str]:
    """The orders that a search finds, once it finds any."""

    async def there() -> list[str]:
        answer = (await api.get("/v1/orders", params={"q": typed})).json()
        return [each["order_id"] for each in answer.get("items", [])]

    orders: list[str] = await api.stage.until(there, f"{typed} is found")
    return orders


async def seen(api: Api, order: str) -> dict[str, Any]:
    answer = await api.get(f"/v1/orders/{order}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def accepted(api: Api, path: str, body: object, version: int | None = None, **more: Any) -> dict[str, Any]:
    answer = await api.act(path, body, version=version, **more)
    assert answer.status_code in (200, 201), answer.text
    order: dict[str, Any] = answer.json()["order"]
    return order


async def until_seen(events: Sequence[dict[str, Any]], kind: str, read: Any) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            for each in events:
                if each["type"] == kind:
                    return each
            await read()


async def test_from_the_first_call_to_the_exchange(api: Api, follower: Following) -> None:
    stage, order = api.stage, "o-1"
    agent = api.as_("orders.read", "orders.manage", "return.create", name="ann", stores=("lille",))
    watching = await follower("orders.read", stores=("lille",)).open(api.base)
    sale = placed("W-4018227", lines=(SHIRT,))
    await stage.say("shop.events", sale, order)

    # The customer calls: found by name and postcode, and it is said what the order waits for.
    assert await found(agent, "test 59000") == [order]
    waiting = (await seen(agent, "W-4018227"))["waiting"]
    assert [each["message"] for each in waiting] == ["payment.authorized", "fraud.scored"]
    assert all(each["sentence"] for each in waiting)

    # Held while she thinks, edited in one save, let go on.
    version = (await seen(agent, order))["version"]
    held = await accepted(agent, f"/v1/orders/{order}/hold", {"reason": "she thinks it over"}, version)
    assert held["holds"] == ["csr"]
    edit = {
        "addresses": [{"address": {"street": "2 rue Haute", "city": "Lille", "postcode": "59800", "country": "FR"}}],
        "contact": {"phone": "+33612345678"},
    }
    saved = await accepted(agent, f"/v1/orders/{order}/edit", edit, held["version"])
    assert saved["version"] == held["version"] + 1
    freed = await accepted(
        agent, f"/v1/orders/{order}/holds/csr", {"reason": "settled"}, saved["version"], method="DELETE"
    )
    assert freed["holds"] == []
    assert await found(agent, "06 12 34 56 78") == [order]

    # Paid and confirmed: prices stand, and the refusal says what to do instead.
    await stage.say("payment.events", authorized(order), order)
    await stage.say("fraud.events", CLEAR, order)
    await stage.until_state(order, "availability_requested")
    await stage.say("availability.events", available(order), order)
    await stage.until(lambda: _confirmed(stage, order), "the order is confirmed")
    version = (await seen(agent, order))["version"]
    refused = await agent.act(f"/v1/orders/{order}/prices", {"lines": [{"line": 1, "percent": 10}]}, version=version)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "gate_confirmed"), problem
    assert problem["hint"]

    # Sent, found by its tracking number, and exchanged for another size: draft and confirmation are one click.
    await stage.say("warehouse.events", handed_over(order, "T-4711"), order)
    await stage.until_state(order, "sent")
    await captured(stage, order)
    assert await found(agent, "T-4711") == [order]
    version = (await seen(agent, order))["version"]
    wanted = {
        "lines": [{"line": 1, "quantity": 1, "exchange_sku": "shirt-L", "reason": "too small"}],
        "outcome": "exchange",
        "confirm": True,
    }
    tried = await agent.act(f"/v1/orders/{order}/returns?dry_run=true", wanted)
    assert tried.json()["dry_run"] is True
    exchanged = await accepted(agent, f"/v1/orders/{order}/returns", wanted, version)
    (returned,) = exchanged["returns"]
    assert returned["state"] == "awaiting_receipt"

    # The warehouse has it back: the exchange order is released, and the stream says so.
    back = ReturnReceived(rma_code=returned["rma_code"], lines=(ReceivedLine(line=1, quantity=1),), validated=True)
    await stage.say("warehouse.events", back, order)
    released = await until_seen(watching.seen, "exchange.released.v1", watching.next)
    other = released["data"]["exchange_id"]
    assert (await seen(agent, other))["state"] not in ("draft", "cancelled")
    related = (await agent.get(f"/v1/orders/{order}/related")).json()
    assert other in str(related)

    # Every change has a cause that the agent can see.
    timeline = (await agent.get(f"/v1/orders/{order}/timeline", params={"limit": 200})).json()["items"]
    whats = [each["what"] for each in timeline]
    assert {"order.hold.v1", "order.edit.v1", "return.create.v1", "return.received.v1"} <= set(whats), whats


async def _confirmed(stage: Stage, order: str) -> bool:
    return await stage.state(order) not in ("availability_requested", "approved")


async def test_who_receives_a_parcel_sees_the_return_and_no_money(api: Api) -> None:
    stage, order = api.stage, "o-1"
    await stage.say("shop.events", placed("W-1", lines=(SHIRT,)), order)
    await stage.say("payment.events", authorized(order), order)
    await stage.say("fraud.events", CLEAR, order)
    await stage.say("availability.events", available(order), order)
    await stage.say("warehouse.events", handed_over(order, "T-1"), order)
    await stage.until_state(order, "sent")
    version = (await seen(api, order))["version"]
    made = await accepted(
        api, f"/v1/orders/{order}/returns", {"lines": [{"line": 1, "quantity": 1}], "confirm": True}, version
    )
    code = made["returns"][0]["rma_code"]

    typed = code.lower().replace("-", " ")
    receiver = api.as_("return.receive", name="rob", stores=("lille",))
    told = (await receiver.get(f"/v1/returns/{typed}")).json()
    whole = (await api.get(f"/v1/returns/{code}")).json()
    elsewhere = await api.as_("return.receive", stores=("paris",)).get(f"/v1/returns/{code}")
    nowhere = await api.get("/v1/returns/RMA-NONE")

    assert (told["rma_code"], told["state"], told["number"]) == (code, "awaiting_receipt", "W-1")
    assert [(each["sku"], each["quantity"]) for each in told["order_lines"]] == [("shirt-M", 2)]
    assert (told["hidden"], "amount" in str(told), "amount" in str(whole)) == (
        ["personalisation", "prices"],
        False,
        True,
    )
    assert [(each.status_code, each.json()["code"]) for each in (elsewhere, nowhere)] == [(404, "not_found")] * 2
