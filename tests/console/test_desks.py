"""Fraud review, flash reorders and reasons for attention: acts where people find them."""

import pytest

from tests.api.server import Api
from tests.console.person import Person, doubted, missing, signed_in
from tests.console.visitor import fields_in

pytestmark = pytest.mark.integration


async def until_there(api: Api, person: Person, path: str, text: str) -> str:
    """A list's page, once a text stands there."""

    async def there() -> str | None:
        page = await person.look(path)
        return page if text in page else None

    page: str = await api.stage.until(there, f"{text} is on {path}")
    return page


async def test_a_doubted_order_is_shown_with_what_helps_to_judge_it(api: Api) -> None:
    await doubted(api, "o-1", "W-1", 87)
    await doubted(api, "o-2", "W-2", 64)
    async with signed_in(api, "fraud.review") as person:
        await until_there(api, person, "/fraud", "W-2")
        first = await person.look("/fraud")
        second = await person.look("/fraud?order=o-2")
        form = "/orders/o-1/acts/order.cancel"
        given = fields_in(await person.look(f"{form}?back=/fraud&reason=fraud_proven"), form)
        after = await person.send(form, given | {"go": "do"})

    assert "87<small> / 100" in first
    assert "card country differs" in first
    assert "differ</span>" in first  # the addresses
    assert "1 other order" in first
    assert "64<small> / 100" in second
    assert given["reason"] == "fraud_proven"
    assert person.at.startswith("/fraud?done=order.cancel&after=")
    assert "W-1</b>" not in after  # judged already: the list is told to wait for it
    assert "fraud proven" in after  # in the history of the other one
    assert await api.stage.state("o-1") == "cancelled"


async def test_what_is_missing_is_searched_for_in_one_dialog(api: Api) -> None:
    await missing(api, "o-1", "W-1", 2)
    form = "/orders/o-1/acts/flash.create"
    async with signed_in(api) as person:
        given = fields_in(await person.look(form), form)
        much = await person.send(form, given | {"lines.1.quantity": "3", "send": "yes"}, 422)
        await person.send(form, fields_in(much, form) | {"lines.1.quantity": "2", "send": ""})
        page = await until_there(api, person, "/flash", "Draft</span>")
        busy = await person.look(form)

    assert given["lines.1.quantity"] == "2"
    assert "line 1 misses 2 pieces at most" in much
    assert "flash.send" in page
    assert "being searched for" in busy


async def test_a_reason_has_the_acts_that_it_speaks_of_for_who_may_do_them(api: Api) -> None:
    await missing(api, "o-1", "W-1", 0)
    async with signed_in(api) as agent, signed_in(api, "orders.read", name="rob") as reader:
        page = await until_there(api, agent, "/attention", "W-1")
        read = await reader.look("/attention")
        form = "/orders/o-1/acts/order.cancel"
        given = fields_in(await agent.look(f"{form}?back=/attention"), form)
        after = await agent.send(form, given | {"reason": "out of stock", "go": "do"})

    assert "/orders/o-1/acts/order.cancel?" in page
    assert "/acts/" not in read
    assert "Done:" in after
    assert "o-1" not in after


async def test_an_act_leads_back_to_pages_of_the_console_alone(api: Api) -> None:
    await missing(api, "o-1", "W-1", 0)
    form = "/orders/o-1/acts/order.comment"
    async with signed_in(api) as person:
        for back in ("//evil.example", "/returns/..%2F..", "/me", "/fraud?x=1"):
            page = await person.look(form)
            await person.send(form, fields_in(page, form) | {"text": "a note", "back": back, "go": "do"})
            assert person.at.startswith("/orders/o-1?done=")


async def test_logistics_have_a_place_of_their_own(api: Api) -> None:
    async with signed_in(api, "orders.logistics_release") as person, signed_in(api, "orders.read") as reader:
        page, other = await person.look("/attention", what="logistics"), await reader.look("/attention")

    assert "/attention?what=logistics" in page
    assert "/attention?what=logistics" not in other
