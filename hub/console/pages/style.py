"""The style guide: every part that pages are made of, shown with fixed data."""

import re
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Response

from hub.console import samples
from hub.console.house import statics
from hub.console.pages.ops import CHARTS
from hub.console.visit import Visiting
from hub.console.words import LOOKS

router: Final = APIRouter()
TINTS: Final = ("ok", "info", "wait", "stop", "held", "idle")


@cache
def icons() -> list[str]:
    """Return the names of all icons."""
    return re.findall(r'<symbol id="([^"]+)"', statics().files["vendor/icons.svg"].decode())


@router.get("/style")
async def style(visit: Visiting) -> Response:
    """Show every part."""
    told: dict[str, Any] = {"samples": samples, "looks": LOOKS, "tints": TINTS, "charts": CHARTS, "icons": icons()}
    return visit.page("style.html", **told, **samples.CHECKED)
