"""The team's page: what stands in each store, locks that are ended and calls that are handed over from there."""

from typing import Any

import pytest

from domain import rights
from tests.api.server import Api
from tests.console.browser import Browser, faults, too_wide
from tests.console.browser import signed_in as in_browser
from tests.console.person import Person, signed_in
from tests.console.sale import SALE, placed
from tests.console.visitor import Visiting, fields_in, text_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
LEAD = rights.ROLES["csr_lead"]


async def drafted(api: Api, **changed: Any) -> str:
    """An order that is taken down and not placed yet; return its id. Who took it down has it locked."""
    done = await api.act("/v1/orders", {**SALE, "submit": False, **changed})
    assert done.status_code == 201, done.text
    return str(done.json()["order"]["order_id"])


async def parked(api: Api, order: str) -> None:
    """Have a draft kept for later."""
    version = (await api.get(f"/v1/orders/{order}")).json()["version"]
    done = await api.act(f"/v1/orders/{order}/park", version=version)
    assert done.status_code == 200, done.text


async def locked(api: Api, order: str, name: str = "omar") -> None:
    """Have somebody lock an order two hours ago."""
    done = await api.as_(name=name).act(f"/v1/orders/{order}/lock")
    assert done.status_code == 200, done.text
    await forgotten(api, order)


async def forgotten(api: Api, order: str) -> None:
    """Have an order been locked two hours ago."""
    since = "jsonb_set(document, '{lock,since}', to_jsonb(now() - interval '2 hours'))"
    await api.stage.change(f"UPDATE orders SET document = {since} WHERE order_id = :o", o=order)
    await api.stage.until_rows("SELECT 1 FROM order_list WHERE order_id = :o AND locked_by IS NOT NULL", o=order)


async def until_there(api: Api, person: Person, sign: str) -> str:
    """The page, once it has this."""

    async def there() -> str:
        page = await person.look("/team")
        return page if sign in page else ""

    page: str = await api.stage.until(there, f"{sign} is on the team's page")
    return page


async def test_a_lead_ends_an_old_lock_from_the_page_and_comes_back_to_it(api: Api) -> None:
    order = await placed(api)
    await locked(api, order)
    async with signed_in(api, *LEAD, name="lea") as lead, signed_in(api, rights.AUDIT, name="rob") as auditor:
        page = await until_there(api, lead, "Force unlock…")
        seen = await auditor.look("/team")
        form = f"/orders/{order}/acts/order.unlock"
        given = fields_in(await lead.look(f"{form}?force=yes&back=/team"), form)
        after = await lead.send(form, given | {"reason": "went home", "go": "do"})

    assert f'href="{form}?force=yes&back=/team"' in page
    assert "omar" in page
    assert given["force"] == "yes"
    assert lead.at.startswith("/team?done=order.unlock&after=")
    assert "Done:" in after
    assert "Force unlock…" not in after
    assert "omar" in seen
    assert "Force unlock…" not in seen
    assert f"/orders/{order}" not in seen  # he may not read orders
    assert (await api.get(f"/v1/orders/{order}")).json()["lock"] is None


async def test_a_lead_hands_a_draft_over_from_the_page_and_comes_back_to_it(api: Api) -> None:
    order = await drafted(api)
    await parked(api, order)
    async with signed_in(api, *LEAD, name="lea") as lead, signed_in(api, *LEAD[:-1], name="ann") as other:
        page = await until_there(api, lead, "/draft")
        form = f"/orders/{order}/draft"
        given = fields_in(page, form)
        after = await lead.send(form, given | {"user": "omar", "go": "transfer"})
        await other.send(form, {"user": "zoe", "go": "transfer", "back": "/me"})
        led = other.at

        async def handed() -> bool:
            return "zoe" in await other.look("/pending")

        await api.stage.until(handed, "the list shows who has it")
        refused = await other.look("/team", 403)

    assert given["back"] == "/team"
    assert lead.at.startswith("/team?done=call.transfer&after=")
    assert "omar" in after
    assert led == "/pending"  # no page leads anywhere else
    assert "audit.read" in refused


async def test_stores_of_others_are_not_on_the_page(api: Api) -> None:
    await placed(api)
    await placed(api, number="W-2", store="paris")
    async with signed_in(api, *LEAD, name="lea", stores=("paris",)) as lead:
        page = await until_there(api, lead, "/orders?store=paris&state=payment_pending")
        theirs = await lead.look("/team", store="lille")

    assert "lille" not in page
    assert "No store that you see has orders yet" in theirs
    assert "All stores" in theirs


async def test_states_of_the_page_are_said_in_words(beside: Api, visiting: Visiting) -> None:
    lead = await visiting.signed_in(beside, *LEAD)
    agent = await visiting.signed_in(beside, *rights.ROLES["csr"], name="cas")
    unbuilt = await lead.get("/team")
    await beside.stage.change("INSERT INTO listing_build (id, form, total, built_at) VALUES (1, 1, 0, now())")
    empty = await lead.get("/team")
    await beside.stage.change("UPDATE listing_build SET walked = 'm', done = 1, total = 4")
    building = await lead.get("/team")
    french = await lead.get("/team", **{"Accept-Language": "fr"})
    wrong = await lead.get("/team?cursor=nonsense")
    refused = await agent.get("/team")

    assert "Try again" in text_of(unbuilt)
    assert "No store that you see has orders yet" in text_of(empty)
    assert "No partner said anything in the last 12 hours" in text_of(empty)
    assert "This list is being built: 25 % are there." in text_of(building)
    assert "Équipe" in text_of(french)
    assert [each.status_code for each in (unbuilt, wrong, refused)] == [200, 200, 403]
    assert "Try again" in text_of(wrong)
    assert "audit.read" in text_of(refused)
    assert 'href="/team"' in empty.text
    assert 'href="/team"' not in (await agent.get("/orders")).text


async def test_partners_are_drawn_with_the_figures_beside_them(beside: Api, visiting: Visiting) -> None:
    await beside.stage.change("INSERT INTO listing_build (id, form, total, built_at) VALUES (1, 1, 0, now())")
    row = """INSERT INTO partner_hour VALUES
      (date_trunc('hour', now()) - :ago * interval '1 hour', '/partners/north', :events, 1, 2)"""
    for ago, events in ((0, 1234), (2, 300)):
        await beside.stage.change(row, ago=ago, events=events)
    lead = await visiting.signed_in(beside, rights.AUDIT)

    page = await lead.get("/team")

    assert "1,534" in text_of(page)
    assert "1,234" in text_of(page)
    assert 'class="spark"' in page.text
    assert 'href="/ops/partners/~' in page.text


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(api: Api, browser: Browser, theme: str) -> None:
    await locked(api, await placed(api))
    await forgotten(api, await drafted(api, number="W-2"))
    await parked(api, await drafted(api, number="W-4"))
    await drafted(api, number="W-3", store="a-store-with-a-very-long-name-in-lille")
    await api.stage.change(
        "INSERT INTO partner_hour VALUES (date_trunc('hour', now()), '/partners/a-warehouse-with-a-long-name', 3, 1, 2)"
    )
    await api.stage.until_rows("SELECT 1 FROM order_list WHERE number = 'W-3'")
    found: dict[str, object] = {}
    for width in (1440, 500, 320):
        person = await browser.person(width=width, theme=theme)
        page = await in_browser(person, api, *LEAD, name="lea", at="/team")
        await page.wait_for_load_state()
        for each in await page.locator("details").all():
            await each.evaluate("each => { each.open = true; }")
        assert await page.locator("a[data-act='order.unlock']").count() == 4  # locks, and drafts that are locked
        assert await page.locator("button[value=transfer]").count() == 1
        if wrong := [*await faults(page), *await too_wide(page)]:
            found[f"at {width}"] = wrong
        await person.close()

    assert found == {}, "\n".join(f"{place}: {wrong}" for place, wrong in found.items())
