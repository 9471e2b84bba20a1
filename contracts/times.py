"""Times as RFC 3339 writes them, and nothing else that a number or a text might be taken for."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|(60))(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_SECONDS: Final = slice(17, 19)
_NAIVE: Final = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d+)?)?", re.ASCII)


def read(text: object) -> datetime:
    """Return a time in UTC, cut off to microseconds; ValueError for what is none.

    The second 60 is read as the one that follows: of clocks that count leap seconds, and of those that round up.
    """
    if not isinstance(text, str):
        raise ValueError("a time is a text, e.g. 2026-11-22T10:00:00Z")
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(_why(text))
    leap = found[1] is not None
    plain = f"{text[: _SECONDS.start]}59{text[_SECONDS.stop :]}" if leap else text
    try:
        moment = datetime.fromisoformat(plain.upper())
        return (moment + timedelta(seconds=1) if leap else moment).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error
    except ValueError as error:
        raise ValueError("there is no such day") from error


def is_one(text: str) -> bool:
    """Tell whether a text is a time as its schema says; one out of range is, by its form."""
    return _RFC3339.fullmatch(text) is not None


def _why(text: str) -> str:
    if _NAIVE.fullmatch(text):
        return "a time needs an offset, e.g. 2026-11-22T10:00:00Z"
    return "this is no time of RFC 3339, e.g. 2026-11-22T10:00:00Z"
