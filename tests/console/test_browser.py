"""The console in a real browser: by keys, live, in both themes, from 320 pixels on, and without a complaint."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.api.server import Api
from tests.console import sale
from tests.console.browser import Browser, faults, signed_in, too_wide, wrong_everywhere, wrong_in
from tests.console.places import PARTS
from tests.console.town import Town
from tests.console.visitor import Visiting
from tests.integration.messages import approve, authorized, placed

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)
ODD_IN_PRINT = """() => [...document.querySelectorAll("body *")].filter((each) => {
    const style = getComputedStyle(each), seen = each.checkVisibility({ visibilityProperty: true });
    if (!seen) return each.closest("details") && !each.closest("dialog, .btn, .time .end, svg, [hidden]");
    const paper = ["rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"].includes(style.backgroundColor);
    const told = each.matches("a") && getComputedStyle(each, "::after").content !== "none";
    const pressed = each.matches(".top, .nav, .btn, #lamp, #actions, button, dialog");
    return style.color !== "rgb(0, 0, 0)" || !paper || told || pressed;
  }).slice(0, 5).map((each) => each.outerHTML.slice(0, 160))"""
"""What on paper is not black on white, is there to be pressed, is folded away, or writes a link's address out."""


async def two_orders(api: Api) -> None:
    for order, number in (("o-1", "W-1"), ("o-2", "W-2")):
        await api.stage.say("shop.events", placed(number), order)
        await api.stage.until_rows("SELECT 1 FROM order_list WHERE order_id = :order", order=order)


async def test_an_order_is_found_held_and_seen_held_by_a_colleague_at_once(api: Api, browser: Browser) -> None:
    await two_orders(api)
    ann = await signed_in(await browser.person(), api, name="ann")
    omar = await signed_in(await browser.person(), api, name="omar", at="/orders/o-1")
    await expect(omar.locator("#lamp")).to_have_text("Live")

    # by keys alone: search, open, hold
    await ann.keyboard.press("/")
    await ann.keyboard.type("ada@example.org")
    await ann.keyboard.press("Enter")
    await expect(ann.locator("[data-rows] > tr")).to_have_count(2)
    assert "ada" not in ann.url
    await ann.keyboard.press("j")
    await ann.keyboard.press("j")
    await ann.keyboard.press("Space")
    await expect(ann.locator("#peek h2")).to_have_text("W-1")
    await ann.keyboard.press("Enter")
    await ann.wait_for_url("**/orders/o-1")
    await ann.keyboard.press("h")
    await expect(ann.locator("#dialog[open] input[name=reason]")).to_be_focused()
    await ann.keyboard.type("she thinks it over")
    await ann.keyboard.press("Control+Enter")
    await expect(ann.locator("#status .chip.held")).to_have_text("Held: agent")

    await expect(omar.locator("#status .chip.held")).to_have_text("Held: agent")


async def test_what_somebody_fills_in_is_never_touched(api: Api, browser: Browser) -> None:
    await two_orders(api)
    ann = await signed_in(await browser.person(), api, at="/orders/o-1")
    await expect(ann.locator("#lamp")).to_have_text("Live")
    await ann.keyboard.press("m")
    field = ann.locator("#dialog[open] textarea[name=text]")
    await field.fill("half a sent")

    await api.stage.say("payment.events", authorized("o-1"), "o-1")
    await api.stage.until_state("o-1", "risk_review")
    await asyncio.sleep(2)

    await expect(field).to_have_value("half a sent")
    await expect(ann.locator("#status .chip").first).to_have_text("Payment pending")
    await ann.keyboard.press("Escape")
    await ann.keyboard.press("Escape")
    await expect(ann.locator("#status .chip").first).to_have_text("Fraud review")


async def test_all_tabs_of_a_browser_share_one_stream(api: Api, browser: Browser) -> None:
    await two_orders(api)
    person = await browser.person()
    streams: list[str] = []
    person.on("request", lambda request: streams.append(request.url) if request.url.endswith("/live") else None)
    first = await signed_in(person, api, at="/orders/o-1")
    await expect(first.locator("#lamp")).to_have_text("Live")
    tabs = [first]
    for _ in range(6):
        tabs.append(await person.new_page())
        await tabs[-1].goto(f"{api.base}/orders/o-1")

    await api.stage.say("payment.events", authorized("o-1"), "o-1")
    for tab in tabs:
        await expect(tab.locator("#status .chip").first).to_have_text("Fraud review")

    assert len(streams) - len([tab for tab in tabs if tab is first]) <= 1  # one of the tab that signed in and went on
    await first.close()
    await api.act(
        "/v1/orders/o-1/hold", {"reason": "look"}, version=(await api.get("/v1/orders/o-1")).json()["version"]
    )
    for tab in tabs[1:]:
        await expect(tab.locator("#status .chip.held")).to_have_text("Held: agent")


async def test_a_dialog_gives_the_focus_back_and_keys_work_outside_fields_alone(api: Api, browser: Browser) -> None:
    await two_orders(api)
    ann = await signed_in(await browser.person(), api, at="/orders/o-1")
    link = ann.locator("#status a[data-act='order.hold']")
    await link.focus()
    await ann.keyboard.press("Enter")
    await expect(ann.locator("#dialog")).to_have_attribute("open", "")
    await ann.keyboard.press("Escape")
    await expect(link).to_be_focused()

    await ann.keyboard.press("/")
    await ann.keyboard.type("hem?")
    await expect(ann.locator("dialog[open]")).to_have_count(0)
    await ann.keyboard.press("Escape")
    await ann.keyboard.press("?")
    await expect(ann.locator("#keys")).to_have_attribute("open", "")
    await ann.keyboard.press("Escape")
    await ann.keyboard.press("Control+k")
    await ann.keyboard.type("refunds")
    await ann.keyboard.press("Enter")
    await ann.wait_for_url("**/refunds")


async def test_no_page_has_a_fault_that_axe_finds_or_is_wider_than_the_window(town: Town, browser: Browser) -> None:
    found = await wrong_everywhere(browser, town, 1440, "light")

    assert found == {}, "\n".join(f"{place}: {wrong}" for place, wrong in found.items())


async def test_what_is_a_part_of_a_page_is_no_page(town: Town, visiting: Visiting) -> None:
    ann = await visiting.signed_in(town.api)
    parts = {address: await ann.get(address.format(**town.names)) for address in PARTS.values()}

    told = {address: (each.status_code, "<html" in each.text) for address, each in parts.items()}
    assert told == dict.fromkeys(parts, (200, False))


async def test_axe_finds_nothing_in_the_dialogs(api: Api, browser: Browser) -> None:
    await two_orders(api)
    ann = await signed_in(await browser.person(), api, at="/orders/o-1")

    assert await wrong_in(ann, "h", "#dialog") == []
    assert await wrong_in(ann, "?", "#keys") == []
    assert await wrong_in(ann, ".", "#dialog") == []


@pytest.mark.parametrize("address", ["/orders/{sent}", "/orders/{sent}/print"])
async def test_an_order_prints_as_a_document(town: Town, browser: Browser, address: str) -> None:
    page = await signed_in(await browser.person(width=680, theme="dark"), town.api)
    await page.goto(f"{town.api.base}{address.format(**town.names)}")
    await page.emulate_media(media="print", color_scheme="dark")

    told = await page.inner_text("body")
    odd = await page.evaluate(ODD_IN_PRINT)
    paper = await page.pdf(format="A4")

    for text in ("W-1001", "T-W-1001", "RMA-", "€45.00", "1 rue Basse", "ada@example.org", "Call her on Monday."):
        assert text in told
    for text in ("Live", "Hold", "Refunds\n", "Sign out"):
        assert text not in told
    assert (odd, await too_wide(page)) == ([], [])
    assert re.search(rb"/MediaBox \[0 0 59[45]\.?\d* 84[12]\.?\d*\]", paper)


async def test_a_long_order_is_printed_on_several_pages_and_breaks_in_no_row(api: Api, browser: Browser) -> None:
    lines = [{"line": n, "sku": f"HAT-{n}", "title": "Hat", "quantity": 1, "unit_price": 900} for n in range(1, 61)]
    order = await sale.placed(api, lines=lines)
    page = await signed_in(await browser.person(), api, at=f"/orders/{order}/print")

    paper = await page.pdf(format="A4")
    await page.emulate_media(media="print")
    breaks = await page.evaluate(
        "[...new Set([...document.querySelectorAll('tbody tr')].map((each) => getComputedStyle(each).breakInside))]"
    )

    assert len(re.findall(rb"/Type /Page\b(?!s)", paper)) > 1
    assert breaks == ["avoid"]


async def test_the_button_prints_and_without_scripts_the_page_says_how(town: Town, browser: Browser) -> None:
    address = f"{town.api.base}/orders/{town.names['sent']}/print"
    page = await signed_in(await browser.person(), town.api)
    await page.add_init_script("window.print = () => { document.title = 'printed'; }")
    await page.goto(f"{town.api.base}/orders/{town.names['sent']}")
    await page.get_by_role("link", name="Print").click()
    await page.get_by_role("button", name="Print").click()
    await expect(page).to_have_title("printed")

    context = await browser.chromium.new_context(java_script_enabled=False)
    plain = await signed_in(context, town.api)
    await plain.goto(address)

    await expect(plain.get_by_text("Print this page with your browser.")).to_be_visible()
    await expect(plain.locator("#print")).to_be_hidden()


async def test_pages_work_without_scripts(api: Api, browser: Browser) -> None:
    await two_orders(api)
    context = await browser.chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page: Page = await signed_in(context, api)
    await page.fill("#q", "W-2")
    await page.press("#q", "Enter")
    await page.wait_for_url("**/orders/o-2")
    await page.click("#status a[data-act='order.hold']")
    await page.fill("input[name=reason]", "by hand")
    await page.click("button[value=do]")

    await expect(page.locator("#status .chip.held")).to_have_text("Held: agent")


async def test_other_choices_are_tried_watched_and_read_on_any_width(api: Api, browser: Browser) -> None:
    for order in ("o-1", "o-2"):
        await approve(api.stage, order)
        await api.stage.until_state(order, "availability_requested")
    person = await browser.person(width=320)
    page = await signed_in(person, api, at="/ops/what-if")
    await page.select_option("#name-0", "logistics_pieces")
    await page.fill("#value-0", "1")
    wrong = [*await faults(page), *await too_wide(page)]
    await page.click("main button.main")
    await page.wait_for_url("**/ops/what-if/*")
    watched = [*await faults(page), *await too_wide(page)]

    await expect(page.locator("#h-found")).to_have_text("What would be")

    await expect(page.locator("#h-unknown")).to_have_text("Unknown from here")
    await expect(page.locator("#job[hx-trigger]")).to_have_count(0)
    await expect(page.locator("#job .head .chip")).to_have_text("Done")
    assert [wrong, watched, [*await faults(page), *await too_wide(page)]] == [[], [], []]
    await page.click("section[aria-labelledby=h-orders] a[href^='/orders/']")
    await page.wait_for_url("**/orders/o-*")
