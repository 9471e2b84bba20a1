"""Problems can be looked up: for a week, by whom they were told and by who sees what was refused; never without end."""

from typing import Any
from uuid import uuid4

import pytest

from adapters.postgres import api_problems
from domain import rights
from hub.api import context
from hub.desk import audit
from tests.api.books import Books
from tests.api.server import Api, running_api
from tests.stage import Stage

pytestmark = pytest.mark.integration
ROWS = "SELECT id, caller FROM api_problem"
WRITE = """INSERT INTO api_problem (id, at, caller, code, status, method, route, trace_id)
  VALUES (:id, now() - :days * interval '1 day', :caller, 'gate', 409, 'POST', '/v1/orders/{order}/hold', 't-1')"""
OPEN = ("/livez", "/v1/orders/o-1", "/v1/nowhere", "/v1/orders?colour=red")


async def refused(api: Api) -> dict[str, Any]:
    """The problem of a filter that no list knows."""
    answer = await api._ask("PUT", "/v1/views/mine", json={"name": "Ada Test", "list": "orders", "query": "hue=Ada"})
    assert answer.status_code == 422, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_problem_is_looked_up_by_whom_it_was_told_and_by_auditors(beside: Api) -> None:
    ann = beside.as_(rights.MANAGE, name="ann")
    problem = await refused(ann)

    own = await ann.get(problem["instance"])
    auditor = await beside.as_(rights.AUDIT, name="olga").get(problem["instance"])
    other = await beside.as_(rights.MANAGE, name="eve").get(problem["instance"])
    nobody = await beside.client.get(f"{beside.base}{problem['instance']}")

    told = own.json()
    assert own.status_code == 200, own.text
    assert {name: told[name] for name in ("type", "title", "status", "code", "trace_id")} == {
        name: problem[name] for name in ("type", "title", "status", "code", "trace_id")
    }
    assert (told["caller"], told["method"], told["route"]) == ("hub|ann", "PUT", "/v1/views/{view}")
    assert told["advice"]
    assert "Ada" not in own.text
    assert auditor.json() == told
    assert (other.status_code, nobody.status_code) == (404, 401)
    assert other.json()["instance"].startswith("urn:uuid:")


async def test_nothing_is_kept_of_whoever_is_not_signed_in_nor_of_what_is_not_there(beside: Api, books: Books) -> None:
    await books.store("o-1")
    for path in OPEN:
        await beside.client.get(f"{beside.base}{path}")
        await beside.as_(rights.READ, stores=("paris",)).get(path)
    await beside.act("/v1/orders/o-9/notes", {"text": "x"})

    assert await beside.stage.rows(ROWS) == []


async def test_of_each_caller_and_in_all_only_so_many_are_kept_at_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "PROBLEMS_EACH", (1e-9, 3.0))
    monkeypatch.setattr(context, "PROBLEMS_IN_ALL", (1e-9, 5.0))
    async with running_api(stage, project=False) as api:
        instances = {name: [(await refused(api.as_(name=name)))["instance"] for _ in range(5)] for name in ("a", "b")}

    kept = [each for told in instances.values() for each in told if each.startswith("/v1/problems/")]
    rows = await stage.rows(ROWS)
    assert sorted(row["caller"] for row in rows) == ["hub|a"] * 3 + ["hub|b"] * 2
    assert {f"/v1/problems/{row['id']}" for row in rows} == {*kept}


async def test_what_is_older_than_a_week_or_too_much_is_dropped(beside: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_problems, "KEPT_EACH", 2)
    monkeypatch.setattr(api_problems, "KEPT_IN_ALL", 4)
    old, kept = str(uuid4()), {}
    await beside.stage.change(WRITE, id=old, days=8, caller="hub|ann")
    for caller in ("a", "b", "c"):
        for days in (1, 2, 3):
            kept[caller, days] = str(uuid4())
            await beside.stage.change(WRITE, id=kept[caller, days], days=days, caller=caller)

    gone = await beside.get(f"/v1/problems/{old}")
    await audit.tidy(beside.stage.desk)

    assert gone.status_code == 404
    left = {row["id"] for row in await beside.stage.rows(ROWS)}
    assert {kept[caller, 1] for caller in ("a", "b", "c")} < left
    assert len(left) == 4
    assert not left & {kept[caller, 3] for caller in ("a", "b", "c")}


async def test_a_problem_is_told_also_where_it_cannot_be_kept(beside: Api) -> None:
    await beside.stage.change("DROP TABLE api_problem")

    assert (await refused(beside))["instance"].startswith("urn:uuid:")
