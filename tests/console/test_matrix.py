"""Every page and every dialog in both themes and at three widths. Only by `make console`."""

import pytest

from tests.console.browser import Browser, wrong_everywhere, wrong_in_dialogs
from tests.console.town import Town

pytestmark = [pytest.mark.integration, pytest.mark.console, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("width", [1440, 500, 320])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_no_page_and_no_dialog_has_a_fault(town: Town, browser: Browser, theme: str, width: int) -> None:
    found = await wrong_everywhere(browser, town, width, theme)
    found |= await wrong_in_dialogs(browser, town, width, theme)

    assert found == {}, "\n".join(f"{place}: {wrong}" for place, wrong in found.items())
