"""The calendar of a store: its time zone, its working days, and the days that are counted in it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from domain.deciding.decision import Policy


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone_of(policy: Policy, store: str) -> ZoneInfo:
    """Return a store's time zone."""
    return _zone(next((each.zone for each in policy.store_zones if each.store == store), policy.time_zone))


def next_working_morning(policy: Policy, store: str, after: datetime) -> datetime:
    """Return the morning of the first working day after this moment's day, in the store's zone (A-38)."""
    zone = zone_of(policy, store)
    day = after.astimezone(zone).date() + timedelta(days=1)
    while not _works(policy, day):
        day += timedelta(days=1)
    return datetime.combine(day, time(policy.morning), zone).astimezone(UTC)


def _works(policy: Policy, day: date) -> bool:
    return day.isoweekday() in policy.working_days and day.isoformat() not in policy.holidays


def end_of_trial(policy: Policy, store: str, delivered_at: datetime) -> datetime:
    """Return when a home trial is over: the end of its last day, counted from delivery, in the store's zone (A-37)."""
    zone = zone_of(policy, store)
    last = delivered_at.astimezone(zone).date() + timedelta(days=policy.home_trial_days)
    return datetime.combine(last + timedelta(days=1), time(0), zone).astimezone(UTC)
