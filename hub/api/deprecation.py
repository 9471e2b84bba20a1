"""Routes that go away: since when that is known, until when they work, and how each of their answers says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any, Final

from hub.api.openapi import operations

SINCE: Final = "x-deprecated-since"
SUNSET: Final = "x-sunset"
MONTHS: Final = 6
"""How long a deprecated route works on, at least."""


class RouteSaysNoEnd(Exception):
    """{path} is deprecated and doesn't say since when: declare it with **going_away(since), not by deprecated=True."""

    def __init__(self, path: str) -> None:
        super().__init__((self.__doc__ or "").format(path=path))


@dataclass(frozen=True, slots=True)
class Farewell:
    """The day since which a route is deprecated, and the day from which it may be gone; both begin at midnight UTC."""

    since: date
    sunset: date

    @property
    def headers(self) -> Mapping[str, str]:
        """Return what its answers carry: Deprecation (RFC 9745) and Sunset (RFC 8594)."""
        since, sunset = (datetime.combine(each, time(), UTC) for each in (self.since, self.sunset))
        return {"Deprecation": f"@{int(since.timestamp())}", "Sunset": format_datetime(sunset, usegmt=True)}


def going_away(since: date, *, after: date | None = None) -> dict[str, Any]:
    """Return what a route that goes away is declared with; it works for half a year, or longer if `after` says so.

    Raises ValueError where that is sooner.
    """
    soonest = half_a_year_after(since)
    sunset = after or soonest
    if sunset < soonest:
        raise ValueError(f"a route that is deprecated since {since} works until {soonest} at least, not {sunset}")
    return {"deprecated": True, "openapi_extra": {SINCE: since.isoformat(), SUNSET: sunset.isoformat()}}


def half_a_year_after(day: date) -> date:
    """Return the same day six months later; the first of the next one where there is no such day."""
    years, month = divmod(day.month - 1 + MONTHS, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        return date(day.year + years, month + 2, 1)


def farewell_of(path: str, deprecated: bool | None, told: Mapping[str, Any] | None) -> Farewell | None:
    """Return the farewell of a route as it was declared, None if it stays; raises RouteSaysNoEnd."""
    if not deprecated:
        return None
    if told is None or SINCE not in told or SUNSET not in told:
        raise RouteSaysNoEnd(path)
    return Farewell(date.fromisoformat(told[SINCE]), date.fromisoformat(told[SUNSET]))


def unannounced(document: dict[str, Any], changelog: str) -> list[str]:
    """Return a sentence for each deprecated route that the changelog doesn't name under Deprecated with its end."""
    sections = re.findall(r"^### Deprecated\n(.*?)(?=^##|\Z)", changelog, re.MULTILINE | re.DOTALL)
    lines = [line for section in sections for line in section.splitlines()]
    found = []
    for path, method, operation in operations(document):
        name, sunset = f"`{method.upper()} {path}`", operation.get(SUNSET, "")
        if operation.get("deprecated") and not any(name in line and sunset in line for line in lines):
            found.append(f"{name} goes away after {sunset}: say so in CHANGELOG.md, under Deprecated")
    return found
