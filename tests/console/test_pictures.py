"""Pictures: pages look as they looked when somebody last said that it was good. Only by `make console`."""

import os
from pathlib import Path

import pytest

from tests.console import pictures
from tests.console.browser import Browser, signed_in
from tests.console.pictures import KEPT, MOST, UPDATE, compared, taken, told
from tests.console.town import Town

pytestmark = [pytest.mark.integration, pytest.mark.console, pytest.mark.timeout(900)]
PAGES = {
    "orders": "/orders",
    "order": "/orders/{sent}",
    "order-to-print": "/orders/{sent}/print",
    "edit": "/orders/{edited}/edit",
    "new-order": "/orders/new",
    "new-return": "/orders/{sent}/returns/new",
    "refunds": "/refunds",
    "fraud": "/fraud",
    "attention": "/attention",
    "contract": "/contracts/fraud.events/fraud.scored.v1",
    "me": "/me",
}
MOST_BYTES = 2_000_000


async def test_pages_look_as_they_looked(town: Town, browser: Browser) -> None:
    wrong = []
    for theme in ("light", "dark"):
        person = await browser.person(width=1200, theme=theme, bypass_csp=True)
        page = await signed_in(person, town.api)
        pages = {f"style-{theme}": "/style"} if theme == "dark" else {"style-light": "/style", **PAGES}
        for name, address in pages.items():
            await page.goto(f"{town.api.base}{address.format(**town.names)}", wait_until="load")
            wrong.append(await told(browser.chromium, name, await taken(page)))
        await person.close()
    page = await signed_in(await browser.person(width=320, bypass_csp=True), town.api)
    wrong.append(await told(browser.chromium, "orders-narrow", await taken(page)))

    assert [each for each in wrong if each] == []


async def test_a_page_that_looks_otherwise_is_noticed_and_shown(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await (await browser.person(width=400, height=300)).new_page()
    await page.set_content("<p>The same</p>")
    before = await page.screenshot()
    await page.set_content("<p>The same, nearly</p>")
    after = await page.screenshot()
    monkeypatch.setattr(pictures, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(pictures, "FAILED", tmp_path / "failed")

    monkeypatch.setenv(UPDATE, "1")
    kept = await told(browser.chromium, "page", before)
    monkeypatch.delenv(UPDATE)
    same, other = [await told(browser.chromium, "page", each) for each in (before, after)]

    assert (kept, same) == (None, None)
    assert other is not None
    assert str(tmp_path / "failed") in other
    assert {each.name for each in (tmp_path / "failed").iterdir()} == {"page.png", "page.difference.png"}
    assert (await compared(browser.chromium, before, after)).part > MOST
    assert "UPDATE=1" in str(await told(browser.chromium, "another", before))


@pytest.mark.skipif(bool(os.environ.get(UPDATE)), reason="the pictures are being taken")
def test_pictures_are_small() -> None:
    assert 0 < sum(each.stat().st_size for each in KEPT.glob("*.png")) < MOST_BYTES
