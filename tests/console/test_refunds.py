"""Refunds in the console: asked for with what is suggested, and many decided at once."""

import re

import pytest

from tests.api.server import Api, api_settings, running_api
from tests.console.person import Person, sent, signed_in
from tests.console.visitor import fields_in
from tests.stage import Stage

pytestmark = pytest.mark.integration
ASK = "/orders/{}/acts/refund.request"


@pytest.fixture
async def api(api: Api) -> Api:
    """An API beside a running hub that has sent an order."""
    await sent(api.stage, "o-1", "W-1")
    return api


async def asked(person: Person, order: str, amount: str) -> None:
    """A goodwill refund that somebody asks for."""
    form = ASK.format(order)
    given = fields_in(await person.look(form), form)
    await person.send(form, given | {"kind": "goodwill", "amount": amount, "reason": "late", "go": "do"})


async def listed(api: Api, person: Person, count: int) -> list[str]:
    """What the form of the list names, once it has so many rows."""

    async def there() -> list[str]:
        found = re.findall(r'name="refund" value="([^"]+)"', await person.look("/refunds"))
        return found if len(found) == count else []

    names: list[str] = await api.stage.until(there, f"{count} refunds wait")
    return names


async def test_the_suggested_amount_comes_with_its_parts_and_what_is_left(api: Api) -> None:
    form = ASK.format("o-1")
    async with signed_in(api) as person:
        given = fields_in(await person.look(form), form)
        wanted = given | {"lines.1.quantity": "1", "shipping": "yes"}
        told = await person.send("/orders/o-1/refunds/suggestion", wanted, fragment=True)
        other = await person.send("/orders/o-1/refunds/suggestion", wanted | {"amount": "3.00"}, fragment=True)
        much = await person.send(form, wanted | {"amount": "99", "reason": "late", "go": "do"}, 422)
        wanted |= {"key": fields_in(much, form)["key"]}  # another form than the one that was refused
        wrong = await person.send(form, wanted | {"amount": "many", "reason": "late", "go": "do"}, 422)
        await person.send(form, wanted | {"reason": "late", "go": "do"})
        page = await person.look("/orders/o-1")

    assert [each in told for each in ("€20.00", "€2.50", "€22.50", "€45.00")] == [True] * 4
    assert "A refund of €22.50 is asked for." in told
    assert "It differs from what is suggested" in other
    assert "left" in much
    assert 'name="amount" inputmode="decimal" value="99"' in much  # what was written stays
    assert "write an amount" in wrong
    assert person.at == "/orders/o-1?done=refund.request"
    assert "€22.50" in page


async def test_many_are_approved_after_a_look_at_what_they_come_to(api: Api) -> None:
    async with signed_in(api) as agent, signed_in(api, "refund.approve", name="lea") as lead:
        for amount in ("1.00", "2.50", "4.00"):
            await asked(agent, "o-1", amount)
        names = await listed(api, lead, 3)
        looked = await lead.send("/refunds", {"refund": names, "act": "approve"})
        given = fields_in(looked, "/refunds")
        order, first = names[0].split(" ")
        colleague = await api.act(f"/v1/orders/{order}/refunds/{first}/approve")
        done = await lead.send("/refunds", given | {"refund": names, "go": "do"})
        again = await lead.send("/refunds", given | {"refund": names, "go": "do"})

    assert "Approve 3 refunds<" in looked
    assert "€7.50" in looked
    assert "€4.00" in looked
    assert colleague.status_code == 200
    assert "2 of 3 approved" in done
    assert "is approved; only a requested one" in done  # the colleague's
    assert "2 of 3 approved" in again  # pressing twice is once


async def test_own_requests_are_left_out_where_two_persons_are_due(stage: Stage) -> None:
    policy = {**stage.settings.policy, "two_persons": True}
    stage.settings = api_settings(stage).model_copy(update={"policy": policy})
    stage.start_hub()
    async with running_api(stage) as api:
        await sent(stage, "o-1", "W-1")
        async with signed_in(api, name="lea") as lead, signed_in(api, name="ann") as agent:
            await asked(agent, "o-1", "1.00")
            await asked(lead, "o-1", "2.50")
            names = await listed(api, lead, 2)
            page = await lead.look("/refunds")
            looked = await lead.send("/refunds", {"refund": names, "act": "approve"})

    assert "yours: somebody else approves" in page
    assert "Approve 1 refund<" in looked
    assert "You asked for 1 of them yourself" in looked


async def test_who_may_not_approve_chooses_nothing(api: Api) -> None:
    async with signed_in(api) as agent, signed_in(api, "orders.read", name="rob") as reader:
        await asked(agent, "o-1", "1.00")
        (name,) = await listed(api, agent, 1)
        page = await reader.look("/refunds")
        refused = await reader.send("/refunds", {"refund": name, "act": "approve", "go": "do"}, 403)
        none = await agent.send("/refunds", {"act": "approve"}, 422)

    assert 'name="refund"' not in page
    assert "refund.approve" in refused
    assert "Choose rows first." in none
