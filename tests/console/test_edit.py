"""The edit page: a lock, one save, what it would come to, and what has changed under one's hands."""

import pytest

from domain import rights
from tests.api.server import Api
from tests.console.sale import placed
from tests.console.visitor import FRAGMENT, Visiting, fields

pytestmark = pytest.mark.integration


async def test_an_edit_takes_the_lock_and_is_saved_as_one(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)

    page = await ann.get(f"/orders/{order}/edit")
    opened = (await api.get(f"/v1/orders/{order}")).json()
    wanted = {"line.2.off": "10", "line.2.quantity": "2", "carrier": "swift", "shipping_off": "100", "go": "save"}
    wanted |= {"add.1.sku": "HAT-1", "add.1.quantity": "2", "add.1.unit_price": "9,90", "contact.phone": "+33612345678"}
    done = await ann.send(f"/orders/{order}/edit", fields(page) | wanted)

    assert (page.status_code, opened["lock"]["owner"]) == (200, "ann")
    assert (done.status_code, done.headers["location"]) == (303, f"/orders/{order}?done=order.edit")
    after = (await api.get(f"/v1/orders/{order}")).json()
    assert after["lock"] is None
    assert [(each["sku"], each["quantity"], each["price"]["amount"]) for each in after["lines"]] == [
        ("BOOT-42", 1, 12000),
        ("SOCK-39", 2, 2160),
        ("HAT-1", 2, 1980),
    ]
    fees = [after["totals"][name]["amount"] for name in ("shipping", "shipping_before")]
    assert (after["carrier"], fees) == ("swift", [0, 500])
    assert after["contact"]["customer"]["phone"] == "+33612345678"
    rows = await api.stage.rows("SELECT type FROM journal WHERE type LIKE 'order.%' ORDER BY seq")
    assert [row["type"] for row in rows].count("order.edit.v1") == 1


async def test_what_an_edit_would_come_to_is_told_and_not_done(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    given = fields(await ann.get(f"/orders/{order}/edit"))

    told = await ann.send(f"/orders/{order}/edit/check", given | {"line.2.off": "50"}, FRAGMENT)
    plain = await ann.send(f"/orders/{order}/edit", given | {"line.2.off": "50", "go": "check"})
    wrong = await ann.send(f"/orders/{order}/edit", given | {"line.2.off": "half", "go": "save"})

    for page in (told, plain):
        assert (page.status_code, "€161.00" in page.text, "€143.00" in page.text) == (200, True, True), page.text
    assert (wrong.status_code, "write a whole number" in wrong.text) == (422, True)
    assert 'value="half"' in wrong.text
    assert (await api.get(f"/v1/orders/{order}")).json()["totals"]["total"]["amount"] == 16100


async def test_pieces_move_to_a_box_with_a_way_of_its_own(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    given = fields(await ann.get(f"/orders/{order}/edit"))
    moved = {"line.2.to": "a", "line.2.move": "2", "box.a.method": "swift", "go": "save"}

    done = await ann.send(f"/orders/{order}/edit", given | moved)

    assert done.status_code == 303, done.text
    after = (await api.get(f"/v1/orders/{order}")).json()
    pieces = {each["line"]: each["quantity"] for each in after["lines"]}
    held = [(each["carrier"], [pieces[line] for line in each["lines"]]) for each in after["shipments"]]
    assert held == [("colis", [1, 1]), ("swift", [2])]


async def test_leaving_asks_if_there_are_changes_and_ends_the_lock(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    given = fields(await ann.get(f"/orders/{order}/edit")) | {"carrier": "swift"}

    asked = await ann.send(f"/orders/{order}/edit", given | {"go": "leave"})
    still = (await api.get(f"/v1/orders/{order}")).json()
    left = await ann.send(f"/orders/{order}/edit", given | {"go": "leave-now"})

    assert (asked.status_code, "Leave without saving?" in asked.text, still["lock"]["owner"]) == (200, True, "ann")
    assert left.status_code == 303
    after = (await api.get(f"/v1/orders/{order}")).json()
    assert (after["lock"], after["carrier"]) == (None, "colis")


async def test_a_closed_tab_ends_the_lock_unless_the_order_was_opened_again(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    first = fields(await ann.get(f"/orders/{order}/edit"))
    second = fields(await ann.get(f"/orders/{order}/edit"))

    await ann.send(f"/orders/{order}/edit/end", {"mark": first["mark"]})
    held = (await api.get(f"/v1/orders/{order}")).json()["lock"]
    await ann.send(f"/orders/{order}/edit/end", {"mark": second["mark"]})

    assert held["owner"] == "ann"
    assert (await api.get(f"/v1/orders/{order}")).json()["lock"] is None


async def test_another_sites_link_takes_no_lock(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)

    page = await ann.get(f"/orders/{order}/edit", **{"Sec-Fetch-Site": "cross-site"})

    assert "A link of another site has led here." in page.text
    assert (await api.get(f"/v1/orders/{order}")).json()["lock"] is None


async def test_who_finds_the_order_locked_reads_it_and_sees_by_whom(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    await ann.get(f"/orders/{order}/edit")
    bea = await visiting.signed_in(api, rights.READ, rights.MANAGE, name="bea")
    lead = await visiting.signed_in(api, rights.READ, rights.MANAGE, rights.UNLOCK, name="lea")

    page, seen = await bea.get(f"/orders/{order}/edit"), await bea.get(f"/orders/{order}")
    leads, leads_order = await lead.get(f"/orders/{order}/edit"), await lead.get(f"/orders/{order}")

    assert (page.status_code, "ann edits this order since" in page.text) == (200, True)
    assert ("disabled" in page.text, "1 rue Basse" in page.text) == (True, True)
    assert "order.unlock?force=yes" not in page.text + seen.text
    assert "order.unlock?force=yes" in leads.text
    assert "order.unlock?force=yes" in leads_order.text
    form = await lead.get(f"/orders/{order}/acts/order.unlock?force=yes")
    await lead.send(f"/orders/{order}/acts/order.unlock", fields(form, "act") | {"go": "do"})
    assert (await api.get(f"/v1/orders/{order}")).json()["lock"] is None


async def test_what_was_changed_under_ones_hands_is_told_field_by_field_and_what_still_fits_is_kept(
    api: Api, visiting: Visiting
) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    given = fields(await ann.get(f"/orders/{order}/edit")) | {"line.2.quantity": "2", "go": "save"}
    bea = api.as_(name="bea")
    await bea.act(f"/v1/orders/{order}/lock?force=true", method="DELETE")
    version = (await api.get(f"/v1/orders/{order}")).json()["version"]
    await bea.act(f"/v1/orders/{order}/prices", {"lines": [{"line": 2, "percent": 10}]}, version=version)

    stale = await ann.send(f"/orders/{order}/edit", given)
    kept = await ann.send(f"/orders/{order}/edit", given | {"go": "keep"})
    saved = await ann.send(f"/orders/{order}/edit", fields(kept) | {"go": "save"})

    assert (stale.status_code, "bea has ended your lock" in stale.text) == (412, True), stale.text
    assert "Socks, pieces" in stale.text
    assert "Socks, price, off" in stale.text
    assert 'value="keep" disabled' not in stale.text
    assert (fields(kept)["line.2.quantity"], fields(kept)["line.2.off"]) == ("2", "10")
    assert saved.status_code == 303, saved.text
    after = (await api.get(f"/v1/orders/{order}")).json()
    assert (after["lines"][1]["quantity"], after["lines"][1]["price"]["amount"]) == (2, 2160)


async def test_what_another_has_changed_as_well_is_not_kept(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    given = fields(await ann.get(f"/orders/{order}/edit")) | {"line.2.off": "20", "go": "save"}
    bea = api.as_(name="bea")
    await bea.act(f"/v1/orders/{order}/lock?force=true", method="DELETE")
    version = (await api.get(f"/v1/orders/{order}")).json()["version"]
    await bea.act(f"/v1/orders/{order}/prices", {"lines": [{"line": 2, "percent": 10}]}, version=version)

    stale = await ann.send(f"/orders/{order}/edit", given)

    assert (stale.status_code, 'value="keep" disabled' in stale.text) == (412, True), stale.text


async def test_a_tab_that_comes_back_goes_on_from_what_it_kept(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    kept = fields(await ann.get(f"/orders/{order}/edit")) | {"carrier": "swift"}
    await ann.get(f"/orders/{order}/edit")  # opened again: the version is another one

    page = await ann.send(f"/orders/{order}/edit", kept | {"go": "go_on"}, FRAGMENT)
    saved = await ann.send(f"/orders/{order}/edit", fields(page) | {"go": "save"})

    assert (page.status_code, "data-stale" in page.text, fields(page)["carrier"]) == (200, False, "swift")
    assert saved.status_code == 303, saved.text


async def test_any_acts_form_tells_what_has_changed(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    given = fields(await ann.get(f"/orders/{order}/acts/order.hold"), "act") | {"reason": "calls back", "go": "do"}
    version = (await api.get(f"/v1/orders/{order}")).json()["version"]
    await api.as_(name="bea").act(f"/v1/orders/{order}/modify", {"carrier": "swift"}, version=version)

    stale = await ann.send(f"/orders/{order}/acts/order.hold", given)
    kept = await ann.send(f"/orders/{order}/acts/order.hold", given | {"go": "keep"})
    done = await ann.send(f"/orders/{order}/acts/order.hold", fields(kept, "act") | {"go": "do"})

    assert stale.status_code == 412, stale.text
    for text in ("bea", "Carrier", "colis", "swift", "Reload and keep my change"):
        assert text in stale.text
    assert fields(kept, "act")["reason"] == "calls back"
    assert done.status_code == 303, done.text
    assert (await api.get(f"/v1/orders/{order}")).json()["holds"] == ["csr"]


async def test_commands_that_a_form_can_not_fill_lead_to_the_page(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)

    led = await ann.get(f"/orders/{order}/acts/order.modify")
    page = await ann.get(f"/orders/{order}")

    assert (led.status_code, led.headers["location"]) == (303, f"/orders/{order}/edit")
    assert f'href="/orders/{order}/edit"' in page.text
