"""Saved filters: one's own, shared with a store, checked as the list itself would."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from hub.desk import views
from hub.desk.operations import Act
from hub.processes import environment_of
from tests.api.server import Api, api_settings, running_api
from tests.stage import Template, new_stage

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SENT = {"name": "On their way", "list": "orders", "query": "state=sent&state=delivered&sort=-placed"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    async with new_stage(template, tmp_path_factory.mktemp("views")) as stage:
        stage.settings = api_settings(stage)
        async with running_api(stage, project=False) as found:
            yield found


def person(api: Api, *stores: str, scope: str = "orders.read") -> Api:
    return api.as_(scope, name=f"person-{uuid4().hex[:6]}", stores=stores or ("lille",))


async def test_a_view_is_saved_changed_and_deleted_by_its_owner_alone(api: Api) -> None:
    ann, bea = person(api), person(api)
    path = f"/v1/views/{uuid4()}"

    made = await ann.act(path, SENT, method="PUT")
    again = await ann.act(path, SENT | {"name": "Under way"}, method="PUT")
    theirs = [
        (await bea.get(path)).status_code,
        (await bea.act(path, SENT, method="PUT")).status_code,
        (await bea.act(path, method="DELETE")).status_code,
    ]
    shown = (await ann.get(path)).json()
    gone = await ann.act(path, method="DELETE")

    assert (made.status_code, again.status_code, theirs) == (201, 200, [404, 409, 404])
    assert (shown["name"], shown["query"], shown["mine"]) == ("Under way", SENT["query"], True)
    assert (gone.status_code, (await ann.get(path)).status_code) == (204, 404)


async def test_a_shared_view_is_seen_in_its_store_and_changed_by_its_owner(api: Api) -> None:
    ann, near, far = person(api, "lyon"), person(api, "lyon", "nice"), person(api, "paris")
    path = f"/v1/views/{uuid4()}"

    await ann.act(path, SENT | {"store": "lyon"}, method="PUT")
    elsewhere = await ann.act(f"/v1/views/{uuid4()}", SENT | {"store": "paris"}, method="PUT")

    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "data_invalid")
    assert [(await each.get(path)).status_code for each in (near, far)] == [200, 404]
    listed = (await near.get("/v1/views", params={"list": "orders"})).json()["items"]
    assert [(each["name"], each["mine"], each["store"]) for each in listed] == [("On their way", False, "lyon")]
    assert (await near.get("/v1/views", params={"list": "refunds"})).json() == {"items": []}
    assert (await near.act(path, method="DELETE")).status_code == 404
    assert (await far.get("/v1/views")).json() == {"items": []}


@pytest.mark.parametrize(
    ("list_", "query"),
    [
        ("orders", "stat=sent"),
        ("orders", "sort=best"),
        ("orders", "placed_from=tomorrow"),
        ("orders", "cursor=abc"),
        ("refunds", "over=-1"),
        ("refunds", "over=1&over=2"),
        ("attention", "hold=csr"),
        ("orders", "state=" + "x" * 300),
        ("lines", ""),
    ],
)
async def test_what_the_list_would_refuse_is_not_saved(api: Api, list_: str, query: str) -> None:
    wrong = {"name": "Wrong", "list": list_, "query": query}

    told = await person(api).act(f"/v1/views/{uuid4()}", wrong, method="PUT")

    assert (told.status_code, told.json()["code"]) == (422, "data_invalid")
    assert told.json()["errors"]


@pytest.mark.parametrize(
    "query", ["", "q=vass%C3%A9ur&store=lille", "?hold=csr&hold=fraud", "overdue=true&age_over=P3D"]
)
async def test_what_the_list_takes_is_kept_as_it_would_be_asked(api: Api, query: str) -> None:
    ann, path = person(api), f"/v1/views/{uuid4()}"
    await ann.act(path, SENT | {"query": query}, method="PUT")

    kept = (await ann.get(path)).json()["query"]

    assert kept == query.removeprefix("?")
    assert (await ann.get(f"/v1/orders?{kept}")).json().get("code") in (None, "listing_building")


async def test_who_may_read_no_orders_has_no_views(api: Api) -> None:
    told = await person(api, scope="webhooks.manage").act(f"/v1/views/{uuid4()}", SENT, method="PUT")

    assert (told.status_code, told.json()["code"]) == (403, "scope")


async def test_so_many_views_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST", 3)
    ann = person(api)
    paths = [f"/v1/views/{uuid4()}" for _ in range(4)]

    made = [(await ann.act(path, SENT, method="PUT")).status_code for path in paths]
    again = await ann.act(paths[0], SENT, method="PUT")

    assert made == [201, 201, 201, 409]
    assert again.status_code == 200


async def test_two_people_who_take_one_id_at_once_do_not_share_it(api: Api) -> None:
    path = f"/v1/views/{uuid4()}"

    told = await asyncio.gather(*(person(api).act(path, SENT, method="PUT") for _ in range(6)))

    assert sorted(each.status_code for each in told) == [201, 409, 409, 409, 409, 409]


async def kept(api: Api) -> set[str]:
    return {row["id"] for row in await api.stage.rows("SELECT id FROM api_view")}


async def test_a_view_that_nobody_was_told_for_a_year_goes_away_and_one_that_was_stays(api: Api) -> None:
    ann, bea = person(api, "metz"), person(api, "metz")
    old, listed, shown, young = (str(uuid4()) for _ in range(4))
    for each in (old, listed, shown, young):
        shared = {"store": "metz"} if each in (listed, shown) else {}
        await ann.act(f"/v1/views/{each}", SENT | {"list": "refunds", "query": ""} | shared, method="PUT")
    aged = "UPDATE api_view SET used_at = now() - CAST(:age AS interval) WHERE id = ANY(:ids)"
    await api.stage.change(aged, age=timedelta(days=366), ids=[old, listed, shown])
    await api.stage.change(aged, age=timedelta(days=364), ids=[young])

    await bea.get("/v1/views", params={"list": "refunds"})
    await api.stage.change(aged, age=timedelta(days=366), ids=[shown])
    await bea.get(f"/v1/views/{shown}")
    await views.tidy(api.stage.desk)

    assert {old, listed, shown, young} & await kept(api) == {listed, shown, young}


@pytest.mark.parametrize(
    ("query", "name", "text"),
    [
        ("q=Zo%C3%A9.V@example.org", "Late", "zoe.v@example.org"),
        ("q=vasseur+zo%C3%A9+59000", "Late", "Zoé Vasseur"),
        ("q=06+12+34+56+78", "Late", "+33612345678"),
        ("state=sent", "Calls of Mr. Müller-Dupond", "MULLER"),
    ],
)
async def test_an_operator_erases_the_views_that_mention_somebody_and_no_other(
    api: Api, query: str, name: str, text: str
) -> None:
    told, other = str(uuid4()), str(uuid4())
    await person(api).act(f"/v1/views/{told}", SENT | {"query": query, "name": name}, method="PUT")
    await person(api).act(f"/v1/views/{other}", SENT | {"query": "q=zoltan+06+12", "name": "Dupont"}, method="PUT")

    looked = await views.erase(api.stage.desk, Act("asked for", dry_run=True), text)
    still = told in await kept(api)
    gone = await views.erase(api.stage.desk, Act("asked for", key=f"e-{told}"), text)
    again = await views.erase(api.stage.desk, Act("asked for", key=f"e-{told}"), text)

    assert ([each.id for each in looked], still, [each.id for each in gone], again) == ([told], True, [told], [])
    assert {told, other} & await kept(api) == {other}
    (written,) = await api.stage.rows("SELECT wish, touched FROM operation WHERE key = :key", key=f"e-{told}")
    named_too = await views.erase(api.stage.desk, Act("asked for", key=f"e-{told}"), "zoltan 06 12")
    assert [each.id for each in named_too] == [other], "a key that comes again may mean somebody else"
    assert (written["wish"], written["touched"]) == ({}, 1)


async def test_a_text_that_is_in_many_views_erases_none(api: Api) -> None:
    with pytest.raises(views.TextIsTooShort, match="3 characters"):
        await views.erase(api.stage.desk, Act("asked for"), " a ")


async def test_the_command_says_whose_views_are_gone_and_not_what_they_held(api: Api) -> None:
    told, ann = str(uuid4()), person(api)
    await ann.act(f"/v1/views/{told}", SENT | {"query": "q=ada@example.org"}, method="PUT")

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub", "view", "erase", "ADA@example.org", "--why", "request 4711"),
        env=environment_of(api.settings) | {"COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()

    assert (process.returncode, told in out.decode(), "example.org" in out.decode()) == (0, True, False)
    assert told not in await kept(api)
