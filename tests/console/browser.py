"""A real browser, Debian's Chromium driven by Playwright; whatever its console complains of fails the test."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright

from tests.api.server import Api

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE_MS = 120_000


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
            chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            browser = cls(chromium)
            try:
                yield browser
            finally:
                await chromium.close()
        assert browser.complaints == []

    async def person(self, *, width: int = 1440, height: int = 900, theme: Any = "light") -> BrowserContext:
        """Somebody with a browser of his own."""
        context = await self.chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
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
    options = {"runOnly": {"type": "tag", "values": RULES}}
    found = await page.evaluate("([within, options]) => axe.run(within ?? document, options)", [within, options])
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


async def too_wide(page: Page) -> list[str]:
    """What makes a page wider than its window."""
    found: list[str] = await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth + 1 ? [] :
          [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
            .slice(0, 5).map((each) => `too wide: ${each.outerHTML.slice(0, 120)}`)"""
    )
    return found
