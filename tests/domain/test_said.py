"""What partners, customers and agents are told at every row of the tables stays as it was approved."""

import pytest

from tests.domain.story import PAGES, said, written


def sections(page: str) -> dict[str, str]:
    parts = (part.partition("\n") for part in page.removeprefix("== ").split("\n== "))
    return {head: text for head, _, text in parts}


@pytest.mark.parametrize("page", PAGES)
def test_what_is_said_changes_only_with_its_page(page: str) -> None:
    """Where it fails, read the difference; `python -m tests.domain.said` writes the pages anew."""
    before, now = sections(written(page)), sections(said(page))

    assert len(now) > 5
    assert set(before) == set(now)
    for happening, text in now.items():
        assert before[happening].splitlines() == text.splitlines(), happening
