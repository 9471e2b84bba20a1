"""Routes: nothing is changed for another site's page, and no page is there for who is not signed in."""

from hub.console.pages import sign_in
from hub.console.visit import visiting
from tests.console.places import ELSEWHERE, PARTS, PLACES, routes

OPEN = {"/", "/sign-in", "/sign-in/provider", "/sign-in/back", "/sign-out/provider"}
"""Where nobody has to be signed in; what is sent there checks by itself whose page it comes from."""


def test_every_route_but_signing_in_asks_who_is_there_and_whose_page_sends_it() -> None:
    unasked = [
        f"{sorted(each.methods or ())} {each.path}"
        for each in routes()
        if each.path not in OPEN and visiting not in [needed.call for needed in each.dependant.dependencies]
    ]

    assert unasked == []


def test_signing_in_checks_whose_page_sends_it() -> None:
    assert "check_origin" in sign_in.begin.__code__.co_names


def test_no_two_pages_have_the_same_address() -> None:
    found = [(method, each.path) for each in routes() for method in each.methods or ()]

    assert len(found) == len(set(found))


def test_every_page_is_looked_at_in_a_browser() -> None:
    read = {each.path for each in routes() if "GET" in (each.methods or ())}

    assert read == {*PLACES, *PARTS, *ELSEWHERE}
    assert len(read) == len(PLACES) + len(PARTS) + len(ELSEWHERE)
