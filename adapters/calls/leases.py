"""Claims on rows of calls, in PostgreSQL: a lease, and a number.

The lease says who should work on a row; when its time is over, anybody may claim the row. The number says who may
write it: each claim counts it up, and whoever writes names the number that he was given, so a process that slept
through its lease changes nothing when it wakes. A table of such rows has the columns `claim` and `lease_until`.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import CTE, Column, ColumnElement, Select, Table, func, or_, update
from sqlalchemy.sql.dml import ReturningUpdate


def is_free(table: Table) -> ColumnElement[bool]:
    """Return that nobody has a row, or not any more."""
    return or_(table.c.lease_until.is_(None), table.c.lease_until < func.now())


def locked(ready: Select[Any]) -> CTE:
    """Return what is ready, locked against others who claim, and never looked up twice, as a subquery might be."""
    return ready.with_for_update(skip_locked=True).cte("ready")


def claiming(
    table: Table, key: Column[Any], ready: CTE, lease: timedelta, *columns: Column[Any]
) -> ReturningUpdate[Any]:
    """Return the statement that claims the rows whose `key` is ready, and returns some of their columns."""
    statement = update(table).where(key == ready.c[key.name])
    return statement.values(claim=table.c.claim + 1, lease_until=func.now() + lease).returning(*columns)


def ours(table: Table, key: Column[Any], mine: Any) -> tuple[ColumnElement[bool], ...]:
    """Return that a row is the claimed one, and its claim the last; `mine` has `claim`, and the key by its name."""
    return key == getattr(mine, key.name), table.c.claim == mine.claim
