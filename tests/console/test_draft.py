"""Orders taken down on the phone: who calls, a draft that is saved as one goes, and how the call ends."""

import pytest

from domain import rights
from tests.api.server import Api
from tests.console.sale import placed
from tests.console.visitor import FRAGMENT, Visiting, Visitor, fields

pytestmark = pytest.mark.integration
CALLER = {"customer.name": "Max Mory", "customer.phone": "+33611223344", "store": "lille", "shipping_fee": "5"}


async def begun(person: Visitor, **more: str) -> str:
    """A draft; return its id."""
    given = fields(await person.get("/orders/new"), "new-order")
    led = await person.send("/orders/new", given | CALLER | more | {"go": "begin"})
    assert led.status_code == 303, led.text
    return str(led.headers["location"].split("/")[2])


async def test_an_order_is_taken_down_and_placed(api: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(api)
    order = await begun(ann)
    path = f"/orders/{order}/draft"

    given = fields(await ann.get(path))
    hat = {"add.1.sku": "HAT-1", "add.1.title": "Hat", "add.1.quantity": "2", "add.1.unit_price": "9.99"}
    saved = await ann.send(path, given | hat | {"go": "save-more"})
    told = await ann.send(path, fields(saved) | {"line.1.off": "10", "go": "auto"}, FRAGMENT)
    home = {"shipping.street": "1 rue Haute", "shipping.city": "Lille", "shipping.postcode": "59000"}
    asked = await ann.send(path, fields(await ann.get(path)) | home | {"shipping.country": "fr", "go": "place"})
    done = await ann.send(path, fields(asked) | {"go": "place-now", "payment_method": "cheque"})

    assert 'name="line.1.quantity"' in saved.text
    assert ("€17.98" in told.text, "Saved" in told.text) == (True, True), told.text
    assert ("Place this order?" in asked.text, "€22.98" in asked.text) == (True, True), asked.text
    assert done.status_code == 303, done.text
    after = (await api.get(f"/v1/orders/{order}")).json()
    assert (after["state"], after["lock"], after["payment"]["method"]) == ("payment_pending", None, "cheque")
    assert after["totals"]["total"]["amount"] == 2298
    assert (after["lines"][0]["name"], after["lines"][0]["base_price"]["amount"]) == ("Hat", 1998)
    assert after["contact"]["shipping_address"]["country"] == "FR"


async def test_what_is_missing_is_said_and_the_draft_stays(api: Api, visiting: Visiting) -> None:
    ann = await visiting.signed_in(api)
    order = await begun(ann)
    path = f"/orders/{order}/draft"

    refused = await ann.send(path, fields(await ann.get(path)) | {"go": "place-now"})
    nameless = await ann.send("/orders/new", fields(await ann.get("/orders/new"), "new-order") | {"go": "begin"})

    assert (refused.status_code, "breaks its contract" in refused.text) == (422, True), refused.text
    assert (await api.get(f"/v1/orders/{order}")).json()["state"] == "draft"
    assert (nameless.status_code, 'href="#e-store"' in nameless.text) == (422, True), nameless.text


async def test_a_caller_who_has_ordered_before_is_found(api: Api, visiting: Visiting) -> None:
    order, ann = await placed(api), await visiting.signed_in(api)
    given = fields(await ann.get("/orders/new"), "new-order") | {"q": "zoe@example.org", "go": "find"}

    async def listed() -> bool:
        return f"like-{order}" in (await ann.send("/orders/new", given)).text

    await api.stage.until(listed, "the caller's order in the list")
    filled = fields(await ann.send("/orders/new", given | {"go": f"like-{order}"}), "new-order")

    assert (filled["customer.id"], filled["customer.name"], filled["store"]) == ("c-1", "Zoe Vasseur", "lille")
    assert (filled["shipping_address.city"], filled["currency"]) == ("Lille", "EUR")


async def test_a_call_is_parked_taken_up_handed_over_and_dropped(api: Api, visiting: Visiting) -> None:
    ann, bea = await visiting.signed_in(api), await visiting.signed_in(api, name="bea")
    order = await begun(ann)
    path = f"/orders/{order}/draft"

    parked = await ann.send(path, fields(await ann.get(path)) | {"go": "park"})
    free = (await api.get(f"/v1/orders/{order}")).json()
    handed = await ann.send(path, {"user": "bea", "go": "transfer"})  # from the list, which knows nothing but the name
    hers = (await api.get(f"/v1/orders/{order}")).json()
    taken = await bea.get(path)
    asked = await bea.send(path, fields(taken) | {"go": "void"})
    dropped = await bea.send(path, fields(asked) | {"go": "void-now"})

    assert (parked.status_code, free["lock"]) == (303, None), parked.text
    assert (handed.status_code, hers["assignee"], hers["lock"]) == (303, "bea", None), handed.text
    assert "You edit" in taken.text
    assert "Drop this draft?" in asked.text
    assert dropped.status_code == 303, dropped.text
    assert (await api.get(f"/v1/orders/{order}")).json()["state"] == "voided"


async def test_pending_calls_show_ones_own_first_and_acts_to_who_may_give_them(api: Api, visiting: Visiting) -> None:
    ann, bea = await visiting.signed_in(api), await visiting.signed_in(api, name="bea")
    reader = await visiting.signed_in(api, rights.READ, name="rea")
    mine, theirs = await begun(ann, number="T-1"), await begun(bea, number="T-2")

    async def listed() -> bool:
        page = (await ann.get("/pending")).text
        return mine in page and theirs in page

    await api.stage.until(listed, "both drafts in the list")
    page, read = (await ann.get("/pending")).text, (await reader.get("/pending")).text
    refused = await reader.get("/orders/new")

    assert page.index("T-1") < page.index("T-2")
    assert (f'href="/orders/{mine}/draft"' in page, f'href="/orders/{theirs}/draft"' in page) == (True, False)
    assert ("/orders/new" in page, "/orders/new" in read, "Take up" in read) == (True, False, False)
    assert (refused.status_code, rights.MANAGE in refused.text) == (403, True)
