"""A route that goes away says so in each of its answers, in the document and in the changelog."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import httpx2
import pytest
from fastapi import APIRouter

from hub.api import application as applications
from hub.api import deprecation
from hub.api.__main__ import CHANGELOG
from hub.api.deprecation import RouteSaysNoEnd, going_away, half_a_year_after
from hub.api.problems import Problem
from hub.api.routing import Strict
from hub.settings import Settings

SINCE = date(2027, 1, 15)
HEADERS = {"deprecation": "@1799971200", "sunset": "Thu, 15 Jul 2027 00:00:00 GMT"}


class Old:
    """A module of routes, one of which goes away."""

    router = APIRouter(prefix="/v1", route_class=Strict)


@Old.router.get("/old", **going_away(SINCE))
async def old(fails: bool = False) -> dict[str, str]:
    """Return something, in a way that isn't wanted any more."""
    if fails:
        raise Problem("not_found", "it is not there")
    return {"it": "works"}


@asynccontextmanager
async def client_of(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx2.AsyncClient]:
    monkeypatch.setattr(applications, "ROUTES", (*applications.ROUTES, Old))
    transport = httpx2.ASGITransport(applications.application(Settings()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client


async def test_every_answer_of_it_says_since_when_and_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client_of(monkeypatch) as client:
        answers = [await client.get(f"/v1/old{query}") for query in ("", "?fails=true", "?no=such", "?fails=perhaps")]
        other = await client.get("/livez")

    assert [each.status_code for each in answers] == [200, 404, 422, 422]
    assert all(HEADERS.items() <= {n.lower(): v for n, v in each.headers.items()}.items() for each in answers)
    assert not HEADERS.keys() & {name.lower() for name in other.headers}


async def test_the_document_says_so_and_the_changelog_has_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client_of(monkeypatch) as client:
        document = (await client.get("/openapi.json")).json()
    told = document["paths"]["/v1/old"]["get"]
    line = "- `GET /v1/old` goes away on 2027-07-15: use `GET /v1/new`."

    assert (told["deprecated"], told["x-deprecated-since"], told["x-sunset"]) == (True, "2027-01-15", "2027-07-15")
    assert deprecation.unannounced(document, f"## 1\n\n### Deprecated\n\n{line}\n\n## 0\n") == []
    for silent in (
        "",
        f"### Added\n\n{line}\n",
        f"### Deprecated\n\n## 0\n\n{line}\n",
        "### Deprecated\n\n- `GET /v1/old`\n",
    ):
        assert deprecation.unannounced(document, silent) == [
            "`GET /v1/old` goes away after 2027-07-15: say so in CHANGELOG.md, under Deprecated"
        ]


def test_every_route_of_ours_that_goes_away_is_announced() -> None:
    document = applications.application(Settings()).openapi()

    assert deprecation.unannounced(document, CHANGELOG.read_text(encoding="utf-8")) == []


def test_a_route_that_is_only_called_deprecated_can_t_be_made() -> None:
    with pytest.raises(RouteSaysNoEnd, match="/old is deprecated and doesn't say since when"):
        APIRouter(route_class=Strict).add_api_route("/old", old, deprecated=True)


@pytest.mark.parametrize(
    ("since", "sunset"),
    [
        (date(2026, 11, 29), date(2027, 5, 29)),
        (date(2026, 6, 30), date(2026, 12, 30)),
        (date(2026, 7, 31), date(2027, 1, 31)),
        (date(2026, 8, 31), date(2027, 3, 1)),
        (date(2027, 8, 29), date(2028, 2, 29)),
        (date(2026, 10, 31), date(2027, 5, 1)),
    ],
)
def test_it_works_for_half_a_year(since: date, sunset: date) -> None:
    assert half_a_year_after(since) == sunset
    with pytest.raises(ValueError, match="at least"):
        going_away(since, after=since)
