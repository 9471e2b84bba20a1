"""Returns in the console: a new one in three steps, and a parcel that has come."""

from collections.abc import Mapping

import pytest

from tests.api.server import Api
from tests.console.person import Person, sent, signed_in
from tests.console.visitor import fields_in

pytestmark = pytest.mark.integration
NEW = "/orders/o-1/returns/new"


@pytest.fixture
async def api(api: Api) -> Api:
    """An API beside a running hub that has sent an order."""
    await sent(api.stage, "o-1", "W-1")
    return api


async def carried(person: Person, page: str, go: str, said: Mapping[str, str], status: int = 200) -> str:
    """The page after a step of the new return, with what the form carries on and what is said now."""
    return await person.send(NEW, fields_in(page, NEW) | dict(said) | {"go": go}, status)


async def announced(person: Person, said: Mapping[str, str]) -> str:
    """The RMA code of a return that was made in three steps."""
    pieces = {"lines.1.quantity": "2", "lines.1.reason": "wrong size"}
    page = await carried(person, await person.look(NEW), "next", pieces)
    page = await carried(person, page, "next", said)
    assert "Check and confirm" in page
    await carried(person, page, "confirm", {})
    return person.at.split("/")[-1].split("?")[0]


async def test_the_act_of_the_order_leads_to_a_page_of_its_own(api: Api) -> None:
    async with signed_in(api) as person:
        page = await person.look("/orders/o-1/acts/return.create")

    assert "step 1 of 3" in page
    assert fields_in(page, NEW)["lines.1.quantity"] == "0"


async def test_three_steps_carry_on_what_was_said_and_tell_what_will_happen(api: Api) -> None:
    async with signed_in(api) as person:
        nothing = await carried(person, await person.look(NEW), "next", {}, 422)
        too_many = await carried(person, nothing, "next", {"lines.1.quantity": "3"}, 422)
        second = await carried(person, too_many, "next", {"lines.1.quantity": "1", "lines.1.reason": "too small"})
        third = await carried(person, second, "next", {"refund_shipping": "yes"})
        again = await carried(person, third, "back", {})
        made = await carried(person, third, "confirm", {})
        twice = await person.send(NEW, fields_in(third, NEW) | {"go": "draft"}, 422)

    assert "No pieces are chosen" in nothing
    assert "3 pieces asked, 2 can still come back" in too_many
    assert "Suggested refund" in second
    assert "€20.00" in second
    assert "€22.50" in third  # with its share of the shipping fee
    assert 'name="refund_shipping" value="yes" checked' in again
    assert "too small" in again
    assert "The return is made: RMA-" in made
    assert "The customer writes this code on the parcel." in made
    assert "key" in twice.lower()  # one form is one return


async def test_what_will_happen_is_told_while_the_form_is_filled_in(api: Api) -> None:
    async with signed_in(api) as person:
        said = {"step": "2", "outcome": "exchange", "receipt_required": "yes", "lines.1.quantity": "2"}
        told = await person.send(NEW, said | {"lines.1.exchange_sku": "shirt-L"}, fragment=True)
        other = await person.send(NEW, said | {"lines.1.exchange_sku": "hat-L"}, fragment=True)

    assert "<html" not in told
    assert "an exchange order is opened, free of charge" in told
    assert "hat-L is not the same product as shirt-M" in other


async def test_a_draft_is_kept_and_confirmed_later(api: Api) -> None:
    async with signed_in(api) as person:
        page = await carried(person, await person.look(NEW), "next", {"lines.1.quantity": "1"})
        page = await carried(person, await carried(person, page, "next", {}), "draft", {})
        form = "/orders/o-1/acts/return.confirm"
        code = person.at.split("/")[-1].split("?")[0]
        asked = await person.look(f"{form}?part.rma={code}&back=/returns/{code}")
        done = await person.send(form, fields_in(asked, form) | {"part.rma": code, "go": "do"})

    assert "Nobody is told of a draft" in page
    assert person.at.startswith(f"/returns/{code}")
    assert "Awaited" in done


async def test_a_parcel_is_counted_in_two_parts_and_releases_the_exchange(api: Api) -> None:
    stores = ("lille",)
    async with signed_in(api) as agent, signed_in(api, "return.receive", name="rob", stores=stores) as warehouse:
        code = await announced(agent, {"outcome": "exchange", "lines.1.exchange_sku": "shirt-L"})
        await api.stage.until_read()
        page = await warehouse.look("/returns", rma=code.lower())
        form = f"/returns/{code}"
        given = fields_in(page, form)
        short = await warehouse.send(form, given | {"now.1": "1"}, fragment=True)
        none = await warehouse.send(form, given | {"now.1": "0", "go": "receive"}, 422)
        part = await warehouse.send(form, given | {"now.1": "1", "go": "receive"})
        rest = fields_in(part, form)
        done = await warehouse.send(form, rest | {"go": "accept"})

    assert given["now.1"] == "2"
    assert "€" not in page
    assert "Ada" not in page
    assert "releas" in page
    assert "1 short" in short
    assert "Nothing has come" in none
    assert "Part received" in part
    assert rest["now.1"] == "1"
    assert "Accepted" in done
    assert "now.1" not in done


async def test_a_code_that_nobody_gave_out_keeps_the_box_ready(api: Api) -> None:
    async with signed_in(api, "return.receive") as person:
        page = await person.look("/returns", 404, rma="RMA-NONE")

    assert "No return of your stores has the code RMA-NONE" in page
    assert 'name="rma" value="RMA-NONE"' in page


async def test_who_receives_alone_has_no_act_of_the_agents(api: Api) -> None:
    async with signed_in(api) as agent, signed_in(api, "return.receive", name="rob") as warehouse:
        code = await announced(agent, {})
        seen_by_agent, seen_there = await agent.look(f"/returns/{code}"), await warehouse.look(f"/returns/{code}")

    assert "return.cancel" in seen_by_agent
    assert "return.cancel" not in seen_there
    assert "/orders/o-1" not in seen_there.split("<main")[1].split("Call it off")[0]
