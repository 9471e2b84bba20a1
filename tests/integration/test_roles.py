"""The database's roles: each process may do what it must, nobody rewrites what was decided, reports see no secrets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from adapters.postgres import roles
from adapters.postgres.roles import JOURNAL, OF_SHARDS, SECRET, Role, rights
from hub import projection
from hub.desk import database, open_desk
from hub.errors import NotUsable, RightsAreMissing
from hub.wiring import Hub
from tests.api.server import running_api
from tests.stage import Stage, as_role

pytestmark = pytest.mark.integration
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
TABLES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"


async def run_hub(stage: Stage) -> None:
    await Hub(as_role(stage.settings, Role.RUNTIME)).run(asyncio.Event())


async def run_api(stage: Stage) -> None:
    async with running_api(stage):
        pass


async def run_projector(stage: Stage) -> None:
    await projection.serve(as_role(stage.settings, Role.API), asyncio.Event())


async def as_user(stage: Stage, role: Role) -> asyncpg.Connection:
    url = as_role(stage.settings, role).database_url().replace("+asyncpg", "")
    return await asyncpg.connect(url)


@pytest.fixture(params=list(Role), ids=str)
async def user(stage: Stage, request: pytest.FixtureRequest) -> AsyncIterator[tuple[Role, asyncpg.Connection]]:
    connection = await as_user(stage, request.param)
    yield request.param, connection
    await connection.close()


async def test_every_table_has_a_row_in_the_table_of_rights(stage: Stage) -> None:
    there = {row["name"] for row in await stage.rows(TABLES)}
    assert set(rights(Role.RUNTIME)) == set(rights(Role.API)) == there
    assert set(rights(Role.REPORTS)) == there - SECRET
    assert there >= SECRET | OF_SHARDS


async def test_a_role_may_do_with_each_table_what_its_row_says(
    stage: Stage, user: tuple[Role, asyncpg.Connection]
) -> None:
    role, connection = user
    for row in await stage.rows(TABLES):
        may = {
            right
            for right in RIGHTS
            if await connection.fetchval("SELECT has_table_privilege($1, $2)", f"public.{row['name']}", right)
        }
        assert may == set(rights(role).get(row["name"], ())), row["name"]
    assert not await connection.fetchval("SELECT has_schema_privilege('public', 'CREATE')")


@pytest.mark.parametrize("statement", ["UPDATE {} SET outcome = 'late'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_nobody_rewrites_what_was_decided(user: tuple[Role, asyncpg.Connection], statement: str) -> None:
    for table in JOURNAL:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await user[1].execute(statement.format(table))


async def test_the_api_decides_nothing_and_reports_see_no_secrets(stage: Stage) -> None:
    api, reports = await as_user(stage, Role.API), await as_user(stage, Role.REPORTS)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.execute("UPDATE orders SET state = 'delivered'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reports.fetch("SELECT signing_key FROM hub")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reports.execute("DELETE FROM order_list")
    assert await reports.fetch("SELECT order_id FROM orders") == []
    await api.close()
    await reports.close()


async def test_rights_are_renewed_when_the_schema_is_and_done_again_change_nothing(stage: Stage) -> None:
    await stage.change("CREATE TABLE one_more (id int)")
    await stage.change(f"GRANT ALL ON orders, one_more TO {Role.REPORTS}")
    await stage.change(f"REVOKE ALL ON journal FROM {Role.RUNTIME}")
    await database.upgrade(stage.desk)
    await roles.apply(stage.engine)
    runtime, reports = await as_user(stage, Role.RUNTIME), await as_user(stage, Role.REPORTS)
    assert await runtime.fetch("SELECT order_id FROM journal") == []
    for table in ("one_more", "orders"):
        assert not await reports.fetchval("SELECT has_table_privilege($1, 'UPDATE')", table)
    await runtime.close()
    await reports.close()


async def test_who_may_not_make_roles_is_told_what_to_do(stage: Stage) -> None:
    settings = as_role(stage.settings, Role.RUNTIME)
    async with open_desk(settings) as desk:
        with pytest.raises(NotUsable, match="may not make roles"):
            await database.make_roles(desk)


def test_the_script_names_every_role_and_no_password() -> None:
    script = database.role_script()
    assert all(f"CREATE ROLE {role} NOLOGIN" in script for role in Role)
    assert "PASSWORD" not in script


@pytest.mark.parametrize(("role", "work"), [(Role.RUNTIME, run_hub), (Role.API, run_api), (Role.API, run_projector)])
async def test_a_process_whose_user_may_do_too_little_says_what_and_stops(
    stage: Stage, role: Role, work: Callable[[Stage], Awaitable[None]]
) -> None:
    table = "member" if role is Role.RUNTIME else "order_list"
    await stage.change(f"REVOKE INSERT, UPDATE ON {table} FROM {role}")

    with pytest.raises(RightsAreMissing, match=rf"may not INSERT on {table}, UPDATE on {table}\. .* a {role}"):
        await work(stage)


async def test_who_does_more_than_a_role_lacks_nothing(stage: Stage) -> None:
    assert await roles.lacking(stage.engine, Role.RUNTIME) == []
    async with open_desk(as_role(stage.settings, Role.RUNTIME)) as runtime:
        assert await roles.lacking(runtime.engine, Role.API) == []
    async with open_desk(as_role(stage.settings, Role.API)) as api:
        assert {table for table, _ in await roles.lacking(api.engine, Role.RUNTIME)} == OF_SHARDS | set(JOURNAL)
