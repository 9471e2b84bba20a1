"""Diagrams, drawn once: a site that fetches nothing can't draw them in the reader's browser.

A drawing is called by the digest of its source, so a diagram that changes has none until `make diagrams`.
"""

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.site.pages import ROOT

FOLDER: Final = ROOT / "docs" / "diagrams"
VERSION: Final = "12.3.0"
INTEGRITY: Final = "sha512-4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw=="


def name_of(source: str) -> str:
    """Return the name of a diagram's drawing."""
    return f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.svg"


def draw(sources: Sequence[str], browser: str) -> None:
    """Draw the diagrams that have no drawing, and remove drawings of none; needs npm, and the path of a Chromium."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {name_of(source): source for source in sources}
    for old in FOLDER.glob("*.svg"):
        if old.name not in wanted:
            old.unlink()
    missing = {name: source for name, source in wanted.items() if not (FOLDER / name).exists()}
    if not missing:
        return
    script = _mermaid()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_content("<body></body>")
        page.add_script_tag(content=script)
        page.evaluate("mermaid.initialize({startOnLoad: false, theme: 'neutral', fontFamily: 'sans-serif'})")
        for name, source in missing.items():
            drawn = page.evaluate("([id, text]) => mermaid.render(id, text).then(r => r.svg)", [f"d{name[:8]}", source])
            (FOLDER / name).write_text(f"{drawn}\n", encoding="utf-8")
        chromium.close()


def _mermaid() -> str:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", f"mermaid@{VERSION}"], cwd=folder, check=True, capture_output=True)
        (archive,) = Path(folder).glob("*.tgz")
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != INTEGRITY:
            raise SystemExit(f"mermaid {VERSION} is not what it was: {found}")
        with tarfile.open(archive) as files:
            member = files.extractfile("package/dist/mermaid.min.js")
            assert member is not None
            return member.read().decode()
