"""Who may do what to whose webhooks, and what is told of them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.api.server import Api, api_settings, running_api
from tests.api.webhook_yard import settings_for
from tests.stage import Template, new_stage

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
URL = "https://receiver.example/hooks"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    async with new_stage(template, tmp_path_factory.mktemp("owners")) as stage:
        stage.settings = settings_for(stage, allow_private=())
        stage.settings = api_settings(stage)
        async with running_api(stage) as found:
            yield found


def owner(api: Api, *stores: str) -> Api:
    return api.as_("webhooks.manage", name=f"owner-{uuid4().hex[:6]}", stores=stores or ("*",))


async def test_only_its_owner_sees_a_webhook_and_nobody_its_secret_again(api: Api) -> None:
    mine, other = owner(api), owner(api)
    made = await mine.act("/v1/webhooks", {"url": URL})
    path = made.headers["location"]

    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    assert [each["id"] for each in (await mine.get("/v1/webhooks")).json()["items"]] == [made.json()["id"]]
    assert (await other.get("/v1/webhooks")).json() == {"items": []}
    assert "secret" not in (await mine.get(path)).json()
    foreign = [
        await other.get(path),
        await other.act(path, {"enabled": False}, method="PATCH"),
        await other.act(path, method="DELETE"),
        await other.act(f"{path}/rotate"),
        await other.act(f"{path}/example"),
        await other.act(f"{path}/recover", {"since": "2026-01-01T00:00:00Z"}),
        await other.get(f"{path}/attempts"),
        await other.act("/v1/webhooks/attempts/1/replay"),
    ]
    assert {each.status_code for each in foreign} == {404}
    assert (await mine.act(path, method="DELETE")).status_code == 204
    assert (await mine.get(path)).status_code == 404


async def test_who_lacks_the_scope_is_told_which(api: Api) -> None:
    reader = api.as_("orders.read")
    answers = [await reader.get("/v1/webhooks"), await reader.act("/v1/webhooks", {"url": URL})]

    assert [(each.status_code, "webhooks.manage" in each.json()["detail"]) for each in answers] == [(403, True)] * 2


async def test_the_same_key_makes_one_webhook_and_tells_the_same_secret(api: Api) -> None:
    mine = owner(api)
    answers = [await mine.act("/v1/webhooks", {"url": URL}, key="k-1") for _ in range(3)]
    other = await mine.act("/v1/webhooks", {"url": f"{URL}/2"}, key="k-1")

    assert len({(each.json()["id"], each.json()["secret"]) for each in answers}) == 1
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert len((await mine.get("/v1/webhooks")).json()["items"]) == 1


@pytest.mark.parametrize("act", ["rotate", "example", "recover"])
async def test_acts_on_a_webhook_want_a_key(api: Api, act: str) -> None:
    mine = owner(api)
    path = (await mine.act("/v1/webhooks", {"url": URL})).headers["location"]

    answer = await mine._ask("POST", f"{path}/{act}", json={"since": "2026-01-01T00:00:00Z"})

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({}, "/url"),
        ({"url": "http://receiver.example"}, "/url"),
        ({"url": "https://user:pass@receiver.example"}, "/url"),
        ({"url": URL, "types": ["order.unheard_of.v1"]}, "/types"),
        ({"url": URL, "types": []}, "/types"),
        ({"url": URL, "stores": ["paris"]}, "/stores"),
        ({"url": URL, "payload": "fat"}, "/payload"),
        ({"url": URL, "ordered": "yes"}, "/ordered"),
    ],
)
async def test_what_can_not_be_is_refused_where_it_is_wrong(api: Api, wish: dict[str, object], pointer: str) -> None:
    answer = await owner(api, "lille").act("/v1/webhooks", wish)

    assert (answer.status_code, answer.json()["code"]) == (422, "data_invalid")
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_a_change_leaves_what_it_does_not_name_and_may_name_no_other_store(api: Api) -> None:
    mine = api.as_("webhooks.manage", "orders.read", name="mia", stores=("lille",))
    path = (await mine.act("/v1/webhooks", {"url": URL, "payload": "full"})).headers["location"]

    changed = await mine.act(path, {"types": ["order.created.v1"], "stores": ["lille"]}, method="PATCH")
    foreign = await mine.act(path, {"stores": ["paris"]}, method="PATCH")
    nothing = await mine.act(path, {"url": None}, method="PATCH")
    paused = (await mine.act(path, {"enabled": False}, method="PATCH")).json()

    told = changed.json()
    assert (told["types"], told["stores"], told["payload"], told["url"]) == (
        ["order.created.v1"],
        ["lille"],
        "full",
        URL,
    )
    assert (foreign.status_code, nothing.status_code) == (422, 422)
    assert (paused["enabled"], paused["disabled_because"]) == (False, "its owner")


async def test_events_go_whole_to_who_may_read_orders_alone(api: Api) -> None:
    manager = api.as_("webhooks.manage", name="max")
    reader = api.as_("webhooks.manage", "orders.read", name="max")
    thin = (await manager.act("/v1/webhooks", {"url": URL})).headers["location"]

    made = await manager.act("/v1/webhooks", {"url": URL, "payload": "full"})
    changed = await manager.act(thin, {"payload": "full"}, method="PATCH")
    allowed = await reader.act(thin, {"payload": "full"}, method="PATCH")

    for refused in (made, changed):
        assert (refused.status_code, refused.json()["code"]) == (403, "scope")
        assert "orders.read" in refused.json()["detail"]
    assert (allowed.status_code, allowed.json()["payload"]) == (200, "full")
    (row,) = await api.stage.rows("SELECT payload, owner_reads FROM webhook WHERE owner LIKE '%|max'")
    assert (row["payload"], row["owner_reads"]) == ("full", True)


async def test_nobody_has_more_than_a_hundred(api: Api) -> None:
    mine = owner(api)
    await api.stage.change(
        """INSERT INTO webhook (id, owner, owner_stores, url, types, stores, payload, ordered, secret, secret_act)
        SELECT 'wh_' || n, :owner, '{*}', 'https://x.example', '{*}', '{*}', 'thin', false, 'whsec_', ''
        FROM generate_series(1, 100) n""",
        owner=f"hub|{(await mine.get('/v1/me')).json()['name']}",
    )

    answer = await mine.act("/v1/webhooks", {"url": URL})

    assert (answer.status_code, answer.json()["code"]) == (409, "webhook_limit")


async def test_pages_of_attempts_leave_nothing_out_whenever_each_was_written_down(api: Api) -> None:
    mine = owner(api)
    webhook = (await mine.act("/v1/webhooks", {"url": URL})).json()["id"]
    await mine.act(f"/v1/webhooks/{webhook}/example")
    await api.stage.change(
        """INSERT INTO webhook_attempt (webhook_id, delivery_id, at, latency_ms, told)
        SELECT webhook_id, id, now() - n * interval '1 minute', 1, 'tried' FROM webhook_delivery,
          unnest(CAST(ARRAY[3, 1, 4, 1, 5, 9, 2, 6] AS int[])) AS n WHERE webhook_id = :id""",
        id=webhook,
    )

    whole = (await mine.get(f"/v1/webhooks/{webhook}/attempts")).json()["items"]
    paged, page = list[object](), {"next_cursor": ""}
    while page["next_cursor"] is not None:
        asked = {"limit": 3, **({"cursor": page["next_cursor"]} if page["next_cursor"] else {})}
        page = (await mine.get(f"/v1/webhooks/{webhook}/attempts", params=asked)).json()
        paged += page["items"]

    assert len(whole) == 8
    assert [each["at"] for each in whole] == sorted((each["at"] for each in whole), reverse=True)
    assert paged == whole
