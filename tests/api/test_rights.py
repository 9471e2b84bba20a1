"""Who may what: every route for every role, in its own store and in another one, as the rules' own table has it."""

import re

import pytest
from sqlalchemy import text

from domain import rights
from domain.orders.commands import BY_KIND
from hub.api.acts import BODY, TABLE, Row
from hub.api.pages import READERS, VIEWERS
from hub.api.reference.examples import body_of
from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
READS = {
    "": VIEWERS,
    "/timeline": READERS | {rights.OPERATE},
    "/timeline/1": READERS | {rights.OPERATE},
    "/changes?since=0": READERS,
    "/actions": READERS,
    "/records": {rights.OPERATE},
    "/related": READERS,
    "/customer-history": {rights.REVIEW},
}
ANYBODY = {
    ("GET", "/v1/me"): 200,
    ("GET", "/v1/contracts"): 200,
    ("GET", "/v1/contracts/shop.events/order.placed.v1"): 200,
    ("POST", "/v1/contracts/validate"): 415,
    ("GET", "/v1/problems/00000000-0000-4000-8000-000000000000"): 404,
}
"""What needs no scope, but a token; and the answer to an empty request."""
PUBLIC = "/livez /readyz /metrics /v1/build /openapi.json /docs /asyncapi /asyncapi.json /problems/scope".split()
"""What is shown to everybody."""
LOOKS = {rights.OPERATE, rights.AUDIT}
OPERATORS = {
    ("GET", "/v1/ops/audit"): {rights.AUDIT},
    ("GET", "/v1/team"): {rights.AUDIT},
    ("GET", "/v1/ops/gateway"): LOOKS,
    ("GET", "/v1/ops/partners"): LOOKS,
    ("GET", "/v1/ops/partners/~L3g"): LOOKS,
    ("GET", "/v1/ops/processes"): LOOKS,
    ("GET", "/v1/ops/shards/0"): LOOKS,
    ("GET", "/v1/ops/topics"): LOOKS,
    ("GET", "/v1/ops/topics/shop.events"): LOOKS,
    ("GET", "/v1/ops/topics/shop.events/records?partition=0"): LOOKS,
    ("GET", "/v1/ops/operations/followed"): LOOKS,
    ("POST", "/v1/ops/failed/1/trial"): {rights.OPERATE},
    ("POST", "/v1/ops/operations/1/stop"): {rights.OPERATE},
    ("POST", "/v1/ops/replay"): {rights.OPERATE},
    ("POST", "/v1/ops/listing/check"): {rights.OPERATE},
    ("POST", "/v1/ops/people/erase"): {rights.OPERATE},
    ("GET", "/v1/people?id=ann"): {*READERS, *LOOKS},
}
ASKED = {"/changes": "?since=0", "{topic}/records": "?partition=0", "/people": "?id=ann"}
"""What a route has to be asked by, by the end of its path."""
FILLED = {
    "{order}": "o-1",
    "{shipment}": "s-1",
    "{hold}": "csr",
    "{alert}": "x",
    "{refund}": "r-1",
    "{flash}": "f-1",
    "{rma}": "RMA-1",
    "{model}": "shirt",
}
KEPT = (
    "INSERT INTO order_references (kind, party, value, order_id) VALUES ('rma', 'hub', 'RMA-1', 'o-1')",
    """INSERT INTO refund_list
      (order_id, refund_id, number, store, state, amount, currency, tender, reason, requested_at)
    VALUES ('o-1', 'r-1', 'N-o-1', 'lille', 'requested', 100, 'EUR', 'original', 'late', now())""",
    """INSERT INTO flash_list (order_id, flash_id, number, store, state, since, pieces, found)
    VALUES ('o-1', 'f-1', 'N-o-1', 'lille', 'draft', now(), 1, 0)""",
)
"""A return, a refund and a flash reorder of o-1 that can be named without it."""


def scopes_of(row: Row) -> set[str]:
    access = BY_KIND[row.command].access
    return {access.scope, access.also or access.scope, *(each.scope for each in access.special)}


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return f"/v1{path}"


def expected(allowed: bool, own: bool, begins: bool) -> int:
    """Another store's order is not there; who may, still lacks a key."""
    if not own and not begins:
        return 404
    return 400 if allowed else 403


@pytest.mark.parametrize("role", [*rights.ROLES, "nobody"])
async def test_each_role_may_what_its_scopes_say_and_sees_its_own_stores(api: Api, role: str) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    await api.stage.until_rows("SELECT 1 FROM order_list WHERE order_id = 'o-1'")
    async with api.stage.engine.begin() as connection:
        for each in KEPT:
            await connection.execute(text(each))
    scopes = rights.ROLES.get(role, ("none",))
    wrong = []
    for store, own in (("lille", True), ("paris", False)):
        caller = api.as_(*scopes, name=role, stores=(store,))
        for row in TABLE:
            body = {"order": "o-1"} if row.named_by == BODY else {}
            answer = await caller._ask(row.method, filled(row.path), json=body)
            told = expected(bool(scopes_of(row) & set(scopes)), own, row.begins)
            if answer.status_code != told:
                wrong.append((row.method, row.path, store, told, answer.status_code, answer.text[:200]))
        for path, seers in READS.items():
            answer = await caller.get(f"/v1/orders/o-1{path}")
            told = 403 if not seers & set(scopes) else 200 if own else 404
            if answer.status_code != told:
                wrong.append(("GET", path, store, told, answer.status_code, answer.text[:200]))

    assert wrong == []


@pytest.mark.parametrize("role", [*rights.ROLES, "nobody"])
async def test_what_needs_no_scope_is_for_every_role_and_for_nobody_without_a_token(beside: Api, role: str) -> None:
    caller = beside.as_(*rights.ROLES.get(role, ("none",)), name=role, stores=("lille",))
    for (method, path), status in ANYBODY.items():
        answer = await caller._ask(method, path)
        stranger = await beside.client.request(method, f"{beside.base}{path}")

        assert (answer.status_code, stranger.status_code) == (status, 401), path


async def test_what_is_public_is_so_and_nothing_else_is(beside: Api) -> None:
    paths = (await beside.get("/openapi.json")).json()["paths"]
    for path in PUBLIC:
        assert (await beside.client.get(f"{beside.base}{path}")).status_code == 200, path
    for path, method in ((path, method) for path, methods in paths.items() for method in methods):
        answer = await beside.client.request(method, beside.base + re.sub(r"\{\w+\}", "1", path))
        assert (answer.status_code == 401) is (path not in PUBLIC), (method, path, answer.text)


async def test_a_partner_reads_contracts_by_his_key_and_nothing_else(beside: Api) -> None:
    wanted = {"source": "/shops/lille", "topics": ["shop.events"]}
    made = await beside.act("/v1/partner-keys", wanted)
    signed = {"Authorization": f"Bearer {made.json()['key']}"}
    found = {path: (await beside._ask("GET", path, headers=signed)).status_code for _, path in ANYBODY}
    forged = await beside._ask("GET", "/v1/contracts", headers={"Authorization": "Bearer hubk_of-nobody"})

    assert {path for path, status in found.items() if status == 200} == {
        "/v1/contracts",
        "/v1/contracts/shop.events/order.placed.v1",
    }
    assert found["/v1/me"] == 401
    assert forged.status_code == 401


async def test_the_description_names_the_scopes_that_each_route_asks_for(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    async with api.stage.engine.begin() as connection:
        for each in KEPT:
            await connection.execute(text(each))
    described = (await api.get("/openapi.json")).json()
    paths, named = described["paths"], described["components"]["schemas"]
    stranger = api.as_("none")
    wrong = []
    for path, method in ((path, method) for path, methods in paths.items() for method in methods):
        query = next((asked for end, asked in ASKED.items() if path.endswith(end)), "")
        address = re.sub(r"\{\w+\}", "1", filled(path).removeprefix("/v1")) + query
        content = paths[path][method].get("requestBody", {}).get("content", {}).get("application/json")
        body = None if content is None else dict(body_of(method.upper(), path, content["schema"], named))
        if body is not None and "order" in body:
            body["order"] = "o-1"
        answer = await stranger._ask(method.upper(), address, json=body)
        asked = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        scopes = (
            asked["detail"].removeprefix("this needs the scope ").split(" or ") if asked.get("code") == "scope" else []
        )
        if sorted(scopes) != paths[path][method].get("x-scopes", []):
            wrong.append((method, path, answer.status_code, scopes))

    assert wrong == []


async def test_who_looks_into_other_stores_is_written_down_and_learns_nothing(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    stranger = api.as_(*rights.ROLES["csr"], name="eve", stores=("paris",))

    there = (await stranger.get("/v1/orders/N-o-1")).json()
    nowhere = (await stranger.get("/v1/orders/N-o-2")).json()

    same = ("type", "title", "status", "code")
    assert [there[name] for name in same] == [nowhere[name] for name in same]
    assert there["detail"].replace("N-o-1", "") == nowhere["detail"].replace("N-o-2", "")
    rows = await api.stage.until_rows("SELECT caller, route, code FROM api_refusal")
    assert rows == [{"caller": "hub|eve", "route": "/v1/orders/{order}", "code": "unknown_order"}]


async def test_operators_see_orders_without_contact_and_receivers_without_money(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    seen = {}
    for scope in (rights.READ, rights.OPERATE, rights.RECEIVE_RETURN):
        order = (await api.as_(scope).get("/v1/orders/o-1")).json()
        seen[scope] = (order["contact"] is not None, order["payment"] is not None, order["hidden"])
        assert ("amount" in str(order)) is (scope != rights.RECEIVE_RETURN)
        assert ("ada@example.org" in str(order)) is (scope == rights.READ)

    assert seen == {
        rights.READ: (True, True, []),
        rights.OPERATE: (False, True, ["contact", "personalisation"]),
        rights.RECEIVE_RETURN: (False, False, ["contact", "personalisation", "payment", "totals", "prices", "refunds"]),
    }


async def test_each_door_of_the_operators_opens_to_its_scopes_alone(beside: Api) -> None:
    opened: dict[tuple[str, str], set[str]] = {door: set() for door in OPERATORS}
    for scope in rights.SCOPES:
        caller = beside.as_(scope)
        for method, path in OPERATORS:
            answer = await caller._ask(method, path, **({"json": {"why": "no"}} if method == "POST" else {}))
            if answer.status_code != 403:
                opened[method, path].add(scope)

    assert opened == OPERATORS


@pytest.mark.parametrize("stores", [("*",), ("nowhere",)])
async def test_nobody_else_may_keep_what_a_caller_is_told(api: Api, stores: tuple[str, ...]) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    caller = api.as_(stores=stores)
    document = (await api.get("/openapi.json")).json()
    plain = [path for path, held in document["paths"].items() if "get" in held and path.startswith("/v1/")]
    asked = [re.sub(r"{\w+}", lambda part: FILLED.get(part[0], "1"), path) for path in plain if "stream" not in path]
    answers = [await caller.get(path) for path in [*asked, *(f"/v1/orders/o-1{each}" for each in READS)]]
    late = await caller.act("/v1/orders/o-1/hold", {"reason": "x"}, version=0)
    nobody = await api.client.get(f"{api.base}/v1/orders/o-1")

    for each in (*answers, late, nobody):
        if each.request.url.path not in PUBLIC:
            assert each.headers["cache-control"].startswith("private, no-"), each.request.url
            assert each.headers["vary"] == "Authorization, Cookie"
    assert late.status_code == (412 if stores == ("*",) else 404)
    assert "cache-control" not in (await api.get("/v1/build")).headers
