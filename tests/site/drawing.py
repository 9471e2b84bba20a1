"""`python -m tests.site.drawing` draws the diagrams that have no drawing, and removes drawings of none.

A site that fetches nothing can't draw them in the reader's browser. Needs npm and Chromium.
"""

import sys
from collections.abc import Mapping
from typing import Final

from playwright.sync_api import sync_playwright

from tests.console.browser import browser_path
from tests.site.pages import DRAWINGS, ROOT, diagrams, drawing_of, pages
from tests.vendor import Package, member, opened

MERMAID: Final = Package(
    "mermaid",
    "12.3.0",
    "MIT",
    "sha512-4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw==",
    (),
)


def main() -> None:
    """Draw what is missing."""
    sources = [source for path in pages() for source in diagrams((ROOT / path).read_text(encoding="utf-8"))]
    wanted = {drawing_of(source): source for source in sources}
    for old in DRAWINGS.glob("*.svg"):
        if old.name not in wanted:
            old.unlink()
    missing = {name: source for name, source in wanted.items() if not (DRAWINGS / name).exists()}
    if missing:
        _draw(missing)


def _draw(missing: Mapping[str, str]) -> None:
    browser = browser_path()
    if browser is None:
        sys.exit("Nothing was drawn: Chromium is not installed.")
    with opened(MERMAID) as files:
        script = member(files, "dist/mermaid.min.js").decode()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_content("<body></body>")
        page.add_script_tag(content=script)
        page.evaluate("mermaid.initialize({startOnLoad: false, theme: 'neutral', fontFamily: 'sans-serif'})")
        for name, source in missing.items():
            drawn = page.evaluate("([id, text]) => mermaid.render(id, text).then(r => r.svg)", [f"d{name[:8]}", source])
            (DRAWINGS / name).write_text(f"{drawn}\n", encoding="utf-8")
        chromium.close()


if __name__ == "__main__":
    main()
