"""Pages over plain HTTP, as they are without scripts: what stands there, for whom, and what forms do."""

import asyncio

import pytest

from contracts.shop import Customer, OrderLine
from hub.console.visit import MOST_FIELDS
from tests.api.server import Api
from tests.console.visitor import Visiting, hidden, text_of
from tests.integration.messages import authorized, placed

pytestmark = pytest.mark.integration
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
POLICY += "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
EVIL = '<img src=x onerror="alert(1)">'
PLACES = ("/orders", "/attention", "/refunds", "/returns", "/flash", "/pending", "/fraud", "/me")


async def placed_order(api: Api, order: str = "o-1", number: str = "W-1") -> None:
    await api.stage.say("shop.events", placed(number), order)
    await api.stage.until_state(order, "payment_pending")


async def listed(api: Api, order: str = "o-1") -> None:
    await api.stage.until_rows("SELECT 1 FROM order_list WHERE order_id = :order", order=order)


@pytest.mark.parametrize("path", PLACES)
async def test_a_place_without_anything_says_what_comes_there(beside: Api, visiting: Visiting, path: str) -> None:
    ann = visiting(beside)
    await ann.sign_in()

    page = await ann.get(path)

    assert page.status_code == 200, text_of(page)
    assert page.headers["content-security-policy"] == POLICY
    assert page.headers["cache-control"] == "private, no-cache"
    assert "hub has failed" not in text_of(page)


async def test_every_answer_has_the_policy_whatever_goes_wrong(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    await ann.sign_in()

    missing = await ann.get("/nowhere")
    unknown = await ann.get("/orders/nobody")
    api = await ann.get("/v1/nowhere")

    assert (missing.status_code, unknown.status_code) == (404, 404)
    assert {each.headers["content-security-policy"] for each in (missing, unknown)} == {POLICY}
    assert "There is no such order" in text_of(unknown)
    assert api.json()["code"] == "not_found"


async def test_a_lost_database_is_said_on_the_page_without_anything_of_its_inside(
    beside: Api, visiting: Visiting
) -> None:
    ann = visiting(beside)
    await ann.sign_in()
    await beside.stage.change("ALTER TABLE console_session RENAME TO console_session_gone")

    page = await ann.get("/orders")

    assert page.status_code in (500, 503)
    assert "Traceback" not in page.text
    assert "console_session" not in page.text
    assert page.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize(
    ("scopes", "there", "not_there"),
    [
        (("orders.read",), {"/orders", "/refunds"}, {"/fraud"}),
        (("return.receive",), {"/returns"}, {"/orders", "/refunds"}),
        (("fraud.review",), {"/fraud", "/orders"}, set()),
    ],
)
async def test_the_navigation_has_what_the_scopes_open(
    beside: Api, visiting: Visiting, scopes: tuple[str, ...], there: set[str], not_there: set[str]
) -> None:
    ann = visiting(beside)
    await ann.sign_in(*scopes)

    page = await ann.get("/me")

    assert {path for path in there if f'<a href="{path}"' in page.text} == there
    assert {path for path in not_there if f'<a href="{path}"' in page.text} == set()


async def test_what_somebody_wrote_is_shown_as_text(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    line = OrderLine(line=1, sku="shirt-M", title=EVIL, variant=EVIL, personalisation=EVIL, quantity=1, unit_price=1000)
    customer = Customer(id="c-1", name=EVIL, email=f"{EVIL}@example.org")
    await api.stage.say("shop.events", placed("W-1", lines=(line,), customer=customer), "o-1")
    await api.stage.until_state("o-1", "payment_pending")
    await ann.send("/orders/o-1/acts/order.comment", {"text": EVIL, "go": "do"})
    await listed(api)

    pages = [await ann.get(path) for path in ("/orders", "/orders/o-1", "/orders/o-1/peek", f"/orders?q={EVIL}")]

    assert [each.status_code for each in pages] == [200, 200, 200, 200]
    assert all("<img src=x" not in each.text for each in pages)
    assert text_of(pages[1]).count(EVIL) >= 4


async def test_a_search_for_a_person_stands_in_no_address(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await placed_order(api)
    await listed(api)

    personal = await ann.send("/orders/search", {"q": "ada@example.org"})
    plain = await ann.send("/orders/search", {"q": "shirt"})
    found = await ann.get(personal.headers["location"])

    assert "ada" not in personal.headers["location"]
    assert plain.headers["location"] == "/orders?q=shirt"
    assert "W-1" in text_of(found)
    assert "ada@example.org" in found.text  # in the box, to be changed


async def test_a_number_leads_to_its_order_at_once(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await placed_order(api, number="W-4018227")
    await listed(api)

    answer = await ann.get("/orders?q=W-4018227")

    assert (answer.status_code, answer.headers["location"]) == (303, "/orders/o-1")


async def test_an_order_of_another_store_is_not_there(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in(stores=("lyon",))
    await placed_order(api)

    assert (await ann.get("/orders/o-1")).status_code == 404
    assert (await ann.get("/orders/o-1/acts/order.hold")).status_code == 404


async def test_a_hold_is_previewed_done_once_and_shown(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await placed_order(api)
    form = await ann.get("/orders/o-1/acts/order.hold")
    given = {"key": hidden(form, "key"), "version": hidden(form, "version"), "reason": "she thinks it over"}

    tried = await ann.send("/orders/o-1/acts/order.hold", {**given, "go": "check"})
    first = await ann.send("/orders/o-1/acts/order.hold", {**given, "go": "do"})
    again = await ann.send("/orders/o-1/acts/order.hold", {**given, "go": "do"})
    page = await ann.get("/orders/o-1")

    assert "What will happen" in text_of(tried)
    assert hidden(tried, "key") == given["key"]
    assert (first.status_code, again.status_code) == (303, 303)
    assert (await api.stage.types("o-1")).count("order.held.v1") == 1
    assert "Held: agent" in text_of(page)


async def test_what_changed_meanwhile_is_told_and_nothing_is_done(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await placed_order(api)
    form = await ann.get("/orders/o-1/acts/order.cancel")
    await api.as_(name="omar").act("/v1/orders/o-1/hold", {"reason": "look"}, version=int(hidden(form, "version")))
    given = {"key": hidden(form, "key"), "version": hidden(form, "version"), "reason": "customer", "go": "do"}

    answer = await ann.send("/orders/o-1/acts/order.cancel", given)

    assert answer.status_code == 412
    assert "omar" in text_of(answer)
    assert 'value="customer"' in answer.text  # what was written stays
    assert await api.stage.state("o-1") == "payment_pending"


async def test_a_wrong_field_is_named_and_what_was_written_stays(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await placed_order(api)

    answer = await ann.send("/orders/o-1/acts/payment.note", {"operation": "capture", "amount": "ten", "go": "do"})

    assert answer.status_code == 422
    assert '<a href="#f-amount">' in answer.text
    assert 'value="ten"' in answer.text
    assert "Error:" in answer.text


async def test_acts_without_the_scope_are_not_shown_and_not_done(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in("orders.read")
    await placed_order(api)

    page = await ann.get("/orders/o-1")
    answer = await ann.send("/orders/o-1/acts/order.hold", {"key": "k-1", "version": "1", "go": "do"})

    assert "/acts/order.hold" not in page.text
    assert answer.status_code == 403
    assert "orders.manage" in text_of(answer)


async def test_the_timeline_says_who_and_why_and_an_entry_says_all(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await placed_order(api)
    await api.stage.say("payment.events", authorized("o-1"), "o-1")
    await api.stage.until_state("o-1", "risk_review")

    page = await ann.get("/orders/o-1?kind=money")
    entry = await ann.get("/orders/o-1/timeline/2")

    assert "O-0" in text_of(page) or "P-0" in text_of(page)
    assert entry.status_code == 200
    assert "payment.events/" in text_of(entry)


async def test_the_page_is_in_the_language_that_is_asked_for(beside: Api, visiting: Visiting) -> None:
    page = await visiting(beside).get("/sign-in", **{"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"})

    assert '<html lang="fr"' in page.text


async def test_wishes_are_kept_and_wrong_ones_are_not(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    await ann.sign_in()

    await ann.send("/me", {"theme": "dark", "language": "fr", "zone": "Europe/Paris", "letters": "off"})
    await ann.send("/me", {"theme": "purple", "language": "tlh", "zone": "Moon/Base"})
    page = await ann.get("/me")

    assert '<html lang="fr" data-theme="dark" data-letters="off">' in page.text
    assert "Europe/Paris" in page.text


async def test_what_several_pages_wish_for_at_once_is_kept_of_each(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    await ann.sign_in()
    people = [f"ada-{number}@example.org" for number in range(8)]

    await asyncio.gather(ann.send("/me", {"theme": "dark"}), *(ann.send("/orders/search", {"q": q}) for q in people))

    (row,) = await beside.stage.rows("SELECT wishes FROM console_session")
    assert sorted(row["wishes"]["searches"].values()) == people
    assert row["wishes"]["theme"] == "dark"


async def test_files_are_kept_for_good_under_the_mark_of_their_version(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    page = await ann.get("/sign-in")
    address = page.text.split('rel="stylesheet" href="')[1].split('"')[0]

    ours, stale = await ann.get(address), await ann.get("/static/0123456789ab/style.css")
    missing = await ann.get("/static/0123456789ab/../../house.py")

    assert "immutable" in ours.headers["cache-control"]
    assert (stale.status_code, stale.headers["cache-control"]) == (200, "no-cache")
    assert missing.status_code == 404


async def test_a_form_of_too_many_fields_is_refused_with_words(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    await ann.sign_in()

    answer = await ann.send("/me", {f"f{n}": "" for n in range(MOST_FIELDS + 1)})

    assert answer.status_code == 400
    assert "can't be read" in text_of(answer)


@pytest.mark.parametrize(
    "path", ["/orders/~%zz", "/orders/~%zz/timeline/1", "/orders/o-1/timeline/abc", "/fraud/~%zz", "/returns/%2e%2e/x"]
)
async def test_an_address_that_means_nothing_leads_to_a_page_that_says_so(
    beside: Api, visiting: Visiting, path: str
) -> None:
    ann = visiting(beside)
    await ann.sign_in()

    answer = await ann.get(path)

    assert answer.status_code in (303, 404)
    assert answer.headers.get("content-type", "text/html").startswith("text/html")


async def test_a_message_that_is_nested_without_end_is_answered_with_a_sentence(
    beside: Api, visiting: Visiting
) -> None:
    ann = visiting(beside)
    await ann.sign_in()

    answer = await ann.send("/contracts", {"event": "[" * 50_000})

    assert answer.status_code == 200
    assert "nested deeper than" in text_of(answer)
