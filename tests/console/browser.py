"""A real browser, Debian's Chromium driven by Playwright; whatever its console complains of fails the test."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.api.server import Api
from tests.console.places import Place, looked_at
from tests.console.sale import placed
from tests.console.town import Town

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE_MS = 120_000
ARGUMENTS = ["--no-sandbox", "--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"]
"""The same pixels on every machine, as far as that is up to us."""


def browser_path() -> str | None:
    """Where a browser is on this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass
class Browser:
    """A browser; `complaints` is what its pages' consoles said, violations of the policy among it."""

    chromium: Chromium
    complaints: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def started(cls, path: str) -> AsyncIterator[Self]:
        """Start one; at the end nothing may have been complained of."""
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            browser = cls(chromium)
            try:
                yield browser
            finally:
                await chromium.close()
        assert browser.complaints == []

    async def person(
        self, *, width: int = 1440, height: int = 900, theme: Any = "light", bypass_csp: bool = False
    ) -> BrowserContext:
        """Somebody with a browser of his own; `bypass_csp` lets the test change what pages look like."""
        context = await self.chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", self._listen)
        return context

    def _listen(self, page: Page) -> None:
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def forget(self, text: str) -> None:
        """Take complaints back that the test itself provoked."""
        self.complaints[:] = [each for each in self.complaints if text not in each]


async def signed_in(
    person: BrowserContext,
    api: Api,
    *scopes: str,
    name: str = "ann",
    stores: Sequence[str] = ("*",),
    at: str = "/orders",
) -> Page:
    """A page of somebody who has signed in as people do."""
    page = await person.new_page()
    await page.goto(f"{api.base}{at}")
    await page.fill("input[name=token]", api.stage.token(*scopes, name=name, stores=stores))
    await page.click("button.main")
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


async def faults(page: Page, within: str | None = None) -> list[str]:
    """What axe finds wrong with a page, or with a part of it."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found: list[str] = await page.evaluate(
        """async ([within, options]) => (await axe.run(within ?? document, options)).violations.flatMap((each) =>
          each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 200)} ${node.failureSummary.slice(0, 300)}`))""",
        [within, options],
    )
    return found


async def too_wide(page: Page) -> list[str]:
    """What makes a page wider than its window, and what runs out of its card over what stands beside it."""
    found: list[str] = await page.evaluate(
        """() => {
          const told = (why, each) => `${why}: ${each.outerHTML.slice(0, 120)}`;
          const wide = document.documentElement.scrollWidth <= innerWidth + 1 ? [] :
            [...document.querySelectorAll("body *")]
              .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
              .filter((each) => !each.closest(".nav, .tabs, .seg"));
          const full = [...document.querySelectorAll("main .card")]
            .filter((each) => each.checkVisibility() && getComputedStyle(each).overflowX === "visible")
            .filter((each) => each.scrollWidth > each.clientWidth + 1);
          const found = [["too wide", wide.slice(0, 5)], ["spills", full]];
          return found.flatMap(([why, those]) => those.map((each) => told(why, each)));
        }"""
    )
    return found


async def wrong_with(page: Page, town: Town, place: Place) -> list[str]:
    """Go to a page of the town: what axe finds there, what is too wide, and what should be there and isn't.

    On a busy machine a shard may just be without an owner: what a page should show is looked for again.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_MS / 1000
    while True:
        answer = await page.goto(f"{town.api.base}{place.address.format(**town.names)}")
        assert answer is not None
        status = [] if answer.status == 200 else [f"status {answer.status}"]
        missing = [] if place.shows in await _written(page) else [f"{place.shows} is not there"]
        if status or not missing or loop.time() > end:
            return [*status, *missing, *await faults(page), *await too_wide(page)]
        await asyncio.sleep(1)


async def _written(page: Page) -> str:
    """Return all text of a page, that in its fields, too."""
    fields = "[...document.querySelectorAll('input, textarea')].map((each) => each.value).join()"
    return f"{await page.inner_text('body')}{await page.evaluate(fields)}"


async def wrong_everywhere(browser: Browser, town: Town, width: int, theme: str) -> dict[str, list[str]]:
    """The same of every page at a width and in a theme, and of signing in, by the address."""
    person = await browser.person(width=width, theme=theme)
    gate = await person.new_page()
    await gate.goto(f"{town.api.base}/sign-in")
    found = {"/sign-in": [*await faults(gate), *await too_wide(gate)]}
    page = await signed_in(person, town.api)
    for _, place in looked_at():
        found[place.address] = await wrong_with(page, town, place)
    await person.close()
    return {address: wrong for address, wrong in found.items() if wrong}


async def wrong_in(page: Page, key: str, dialog: str) -> list[str]:
    """Open a dialog by its key: what axe finds in it; it is closed again."""
    await page.keyboard.press(key)
    await expect(page.locator(dialog)).to_have_attribute("open", "")
    wrong = [*await faults(page, dialog), *await too_wide(page)]
    await page.keyboard.press("Escape")
    await expect(page.locator(f"{dialog}[open]")).to_have_count(0)
    return wrong


async def wrong_in_dialogs(browser: Browser, town: Town, width: int, theme: str) -> dict[str, list[str]]:
    """What is wrong with the key sheet, the palette, an act, and an order that has changed meanwhile."""
    order = await placed(town.api, number=f"W-{width}")
    person = await browser.person(width=width, theme=theme)
    page = await signed_in(person, town.api, at=f"/orders/{order}")
    opened = {"the keys": ("?", "#keys"), "the palette": (".", "#dialog"), "an act": ("h", "#dialog")}
    found = {name: await wrong_in(page, *each) for name, each in opened.items()}

    await page.keyboard.press("h")
    await page.locator("#dialog[open] input[name=reason]").fill("she thinks it over")
    version = (await town.api.get(f"/v1/orders/{order}")).json()["version"]
    omar = town.api.as_(name="omar")
    done = await omar.act(f"/v1/orders/{order}/suspend", {"reason": "a look"}, version=version)
    assert done.is_success, done.text
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("dialog[data-stale]:modal")).to_be_visible()
    found["what has changed"] = [*await faults(page, "dialog[data-stale]"), *await too_wide(page)]
    browser.forget("412")
    await person.close()
    return {name: wrong for name, wrong in found.items() if wrong}
