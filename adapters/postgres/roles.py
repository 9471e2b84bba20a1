"""Who may do what in the database: roles that processes are members of, none of which owns it.

What was decided is appended to and never changed: nobody but the owner may update or delete a row of the journal.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.schema import VERSIONS
from adapters.postgres.tables.journal import JOURNAL_PARTITIONS
from adapters.postgres.tables.metadata import metadata


class Role(StrEnum):
    """A role of the database."""

    RUNTIME = "hub_runtime"
    """`hub run`, `hub project`, the gateways, and operators' commands."""
    API = "hub_api"
    """`hub api`: it asks and tells, and decides nothing."""
    REPORTS = "hub_reports"
    """Reports: they read what there is of orders, and no secrets."""


READ: Final = ("SELECT",)
APPEND: Final = ("SELECT", "INSERT")
CHANGE: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
JOURNAL: Final = ("journal", *(f"journal_p{number}" for number in range(JOURNAL_PARTITIONS)))
SECRET: Final = frozenset({"hub", "api_key", "console_session", "webhook", "person", "api_view"})
"""Keys, hashes of keys, sessions, and what people keep to themselves."""
OF_SHARDS: Final = frozenset(
    {"orders", "subjects", "timers", "order_references", "accepted", "lease", "member", "moved_clock", "take_over"}
)
"""What a shard's owner alone writes, or a process about itself."""


def rights(role: Role) -> Mapping[str, tuple[str, ...]]:
    """Return what a role may do with each table; one that is not among them it may not even read."""
    tables = (VERSIONS, *(table for table in metadata.tables if table != "journal"), *JOURNAL)
    return MappingProxyType({table: found for table in tables if (found := _rights(role, table))})


def _rights(role: Role, table: str) -> tuple[str, ...]:
    if role is Role.REPORTS:
        return () if table in SECRET else READ
    if table in JOURNAL:
        return APPEND if role is Role.RUNTIME else READ
    if table in (VERSIONS, "hub"):
        return READ
    return READ if role is Role.API and table in OF_SHARDS else CHANGE


def script() -> Iterator[str]:
    """Return the statements that make the roles, each with its rights and no others; run again, they change nothing.

    A role that there is already stays as it is: it may have a password and members.
    """
    for role in Role:
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') "
            f"THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
        )
    yield from grants()


def grants() -> Iterator[str]:
    """Return the statements that give the roles, which there are, their rights."""
    roles = ", ".join(Role)
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {roles}"
    yield f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {roles}"
    yield f"GRANT USAGE ON SCHEMA public TO {roles}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {Role.RUNTIME}, {Role.API}"
    for role in Role:
        by_rights: dict[tuple[str, ...], list[str]] = {}
        for table, found in rights(role).items():
            by_rights.setdefault(found, []).append(table)
        for found, tables in sorted(by_rights.items()):
            yield f"GRANT {', '.join(found)} ON {', '.join(sorted(tables))} TO {role}"


_LACKING: Final = text(
    "SELECT name, needed FROM unnest(CAST(:tables AS text[]), CAST(:rights AS text[])) AS wanted(name, needed) "
    "WHERE to_regclass('public.' || name) IS NOT NULL AND NOT has_table_privilege('public.' || name, needed) "
    "ORDER BY name, needed"
)


async def lacking(engine: AsyncEngine, role: Role) -> Sequence[tuple[str, str]]:
    """Return the tables that this user may not do with what a role may, each with the right that is missing."""
    wanted = [(table, right) for table, found in rights(role).items() for right in found]
    tables, needed = [table for table, _ in wanted], [right for _, right in wanted]
    async with engine.connect() as connection:
        rows = await connection.execute(_LACKING, {"tables": tables, "rights": needed})
        return [(table, right) for table, right in rows]


class NotTheOwner(Exception):
    """The tables are somebody else's: PostgreSQL would warn, and grant nothing."""


_OTHERS: Final = text(
    "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND NOT pg_has_role(current_user, tableowner, 'USAGE')"
)


_THERE: Final = text("SELECT count(*) FROM pg_roles WHERE rolname = ANY(CAST(:roles AS text[]))")


async def apply(engine: AsyncEngine) -> None:
    """Make the roles and give them their rights, as the owner of the tables, who may make roles; raises NotTheOwner."""
    async with engine.begin() as connection:
        if await connection.scalar(_OTHERS):
            raise NotTheOwner
        for statement in script():
            await connection.execute(text(statement))


async def renew(engine: AsyncEngine) -> bool:
    """Give the roles their rights on tables that are new, where there are these roles; tell whether there are."""
    async with engine.begin() as connection:
        there = await connection.scalar(_THERE, {"roles": list(Role)})
        if there != len(Role):
            return False
        for statement in grants():
            await connection.execute(text(statement))
        return True
