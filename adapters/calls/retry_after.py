"""Retry-After: how long who is called asks to be left alone."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_of(retry_after: str | None, now: datetime, longest: float) -> float | None:
    """Return the seconds that a Retry-After asks for, a number or an HTTP date; None where it is neither."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isdecimal():
        return min(float(text), longest)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), longest)
