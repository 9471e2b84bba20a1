"""Safety: no template or script can be talked into running what somebody wrote, and none is larger than agreed."""

import gzip
import re
from pathlib import Path

import pytest

import hub.console

HERE = Path(hub.console.__file__).parent
TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
SCRIPTS = sorted((HERE / "static").glob("*.js"))
KIB = 1024
FORBIDDEN = {
    "an inline script": r"<script(?![^>]*\bsrc=)",
    "an inline style": r"<style|\sstyle=",
    "a handler in an attribute": r"\son[a-z]+=|hx-on",
    "script as a value": r"js:|javascript:",
    "a trigger's filter": r'hx-trigger="[^"]*\[',
    "text that is not escaped": r"\|\s*safe\b|autoescape|Markup",
    "an address of another site": r"https?://(?!www\.w3\.org)",
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has(path: Path, what: str) -> None:
    assert re.findall(FORBIDDEN[what], path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_of_text(path: Path) -> None:
    found = re.findall(
        r"innerHTML(?!\")|outerHTML(?!\")|insertAdjacentHTML|document\.write|\beval\(|new Function",
        path.read_text("utf-8"),
    )

    assert found == []


def test_scripts_and_styles_are_no_larger_than_agreed() -> None:
    style = (HERE / "static" / "style.css").read_bytes()
    scripts = b"".join(path.read_bytes() for path in SCRIPTS)

    assert len(style) <= 32 * KIB
    assert len(scripts) <= 30 * KIB


def test_a_first_visit_loads_no_more_than_agreed() -> None:
    packed = [path for path in (HERE / "static").rglob("*") if path.suffix in (".css", ".js", ".svg")]
    size = sum(len(gzip.compress(path.read_bytes())) for path in packed)
    size += (HERE / "static" / "vendor" / "inter-latin.woff2").stat().st_size

    assert size <= 105 * KIB  # 120 with the page itself, which may have 15


def test_keys_of_forms_are_drawn_in_one_place() -> None:
    drawn = [path.name for path in (HERE / "pages").glob("*.py") if "uuid4" in path.read_text("utf-8")]

    assert drawn == []
