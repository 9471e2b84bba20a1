"""Operators' pages over plain HTTP: what they say of the hub, and what their forms do."""

import pytest

from domain import rights
from tests.api.server import Api
from tests.console.operating import do, operator
from tests.console.visitor import Visiting, hidden, text_of
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
PAGES = (
    "/ops",
    "/ops/shards",
    "/ops/shards/1",
    "/ops/processes",
    "/ops/topics",
    "/ops/topics/shop.events",
    "/ops/gateway",
)
ACTS = ("/ops/shards/1/pause", "/ops/topics/shop.events/acts/pause", "/ops/topics/shop.events/replay")


@pytest.mark.parametrize("path", [*PAGES, "/ops/what-if"])
async def test_a_page_without_anything_says_so(beside: Api, visiting: Visiting, path: str) -> None:
    page = await (await operator(beside, visiting)).get(path)

    assert page.status_code == 200, text_of(page)


async def test_a_hub_that_nobody_runs_is_said_not_to_work_with_what_to_do(beside: Api, visiting: Visiting) -> None:
    told = text_of(await (await operator(beside, visiting)).get("/ops"))

    assert "Does not work" in told
    assert "no hub process has given a sign of life Start a process with hub run." in told


async def test_a_hub_that_works_is_said_to_with_its_figures_as_charts_and_tables(api: Api, visiting: Visiting) -> None:
    ann = await operator(api, visiting)
    await approve(api.stage, "o-1")

    async def works() -> str:
        page = await ann.get("/ops")
        return page.text if "Works 1 process, 2 shards" in text_of(page) and 'class="l1" d="M' in page.text else ""

    page = await api.stage.until(works, "the overview says that the hub works, and draws what it did")
    part = await ann.get("/ops?window=1h", **{"HX-Request": "true"})

    assert page.count("<figure") == page.count("As a table") == 4
    assert part.text.lstrip().startswith('<span id="verdict"')
    assert 'data-moving="/ops?window=1h"' in part.text


async def test_a_shard_is_paused_and_resumed_once_for_the_key_of_its_form(api: Api, visiting: Visiting) -> None:
    ann = await operator(api, visiting)
    form = await ann.get("/ops/shards/1/pause")
    fields = {"key": hidden(form, "key"), "why": "a <look>"}

    first = await ann.send("/ops/shards/1/pause", fields)
    again = await ann.send("/ops/shards/1/pause", fields)
    page, glance = await ann.get("/ops/shards/1"), await ann.get("/ops")
    resumed = await do(ann, "/ops/shards/1/resume", why="seen")

    assert "Its orders stand still" in text_of(form)
    assert [each.headers["location"] for each in (first, again)] == ["/ops/shards/1?done=pause"] * 2
    assert "paused by ann: a <look> Ask who paused it, then resume." in text_of(page)
    assert "Shard 1 is paused paused by ann: a <look>" in text_of(glance)
    assert resumed.headers["location"] == "/ops/shards/1?done=resume"
    acts = [
        (each["action"], each["why"]) for each in await api.stage.rows("SELECT action, why FROM operation ORDER BY id")
    ]
    assert acts == [("pause shard", "a <look>"), ("resume shard", "seen")]
    assert "Resumed · ann" in text_of(await ann.get("/ops/shards/1"))


async def test_an_act_without_a_reason_is_refused_in_its_form(beside: Api, visiting: Visiting) -> None:
    answer = await do(await operator(beside, visiting), "/ops/shards/1/pause", why="  ")

    assert answer.status_code == 422
    assert "<title>Error: Pause shard 1" in answer.text
    assert '<a href="#f-why">why</a>' in answer.text


async def test_a_loss_is_accepted_only_by_who_types_the_number(beside: Api, visiting: Visiting) -> None:
    ann = await operator(beside, visiting)
    reason = "shop.events/1 starts at 9 but was read only to 4: retention removed records"
    await beside.stage.change("UPDATE shard SET stopped = :reason WHERE k = 1", reason=reason)
    path, stopped = "/ops/shards/1/resume", "SELECT stopped FROM shard WHERE k = 1"

    page, form = await ann.get("/ops/shards/1"), await ann.get(path)
    wrong = await do(ann, path, why="gone", accept="loss", confirm="2")
    after_wrong = await beside.stage.rows(stopped)
    right = await do(ann, path, why="gone", accept="loss", confirm="1")

    assert f"{reason} Have the sender send again what is missing." in text_of(page)
    assert "This can't be undone" in text_of(form)
    assert (wrong.status_code, after_wrong) == (422, [{"stopped": reason}])
    assert "confirm" in text_of(wrong)
    assert 'value="loss" checked' in wrong.text
    assert right.headers["location"] == "/ops/shards/1?done=resume", text_of(right)
    assert await beside.stage.rows(stopped) == [{"stopped": None}]


async def test_what_is_accepted_is_asked_only_where_it_would_help(beside: Api, visiting: Visiting) -> None:
    await beside.stage.change("UPDATE shard SET stopped = 'paused by bea: a look' WHERE k = 1")

    form = await (await operator(beside, visiting)).get("/ops/shards/1/resume")

    assert 'name="accept"' not in form.text


async def test_who_may_only_look_is_offered_nothing_and_does_nothing(beside: Api, visiting: Visiting) -> None:
    ann = await operator(beside, visiting, rights.AUDIT)

    pages = [await ann.get(path) for path in PAGES]
    answers = [
        await ann.send(path, {"why": "x", "since": "2020-01-01", "until": "2021-01-01", "go": "do"}) for path in ACTS
    ]

    assert {each.status_code for each in pages} == {200}
    assert not [each for each in pages if "data-dialog" in each.text or "/ops/what-if" in each.text]
    assert {each.status_code for each in answers} == {403}
    assert await beside.stage.rows("SELECT 1 FROM operation") == []


async def test_operations_are_not_for_everybody(beside: Api, visiting: Visiting) -> None:
    ann = await operator(beside, visiting, rights.READ)

    statuses = {path: (await ann.get(path)).status_code for path in PAGES}

    assert statuses == dict.fromkeys(PAGES, 403)
    assert 'href="/ops"' not in (await ann.get("/me")).text


@pytest.mark.parametrize(
    ("scope", "begins"), [(rights.READ, "/orders"), (rights.OPERATE, "/ops"), (rights.AUDIT, "/ops")]
)
async def test_everybody_begins_where_he_works(beside: Api, visiting: Visiting, scope: str, begins: str) -> None:
    ann = await operator(beside, visiting, scope)

    assert (await ann.get("/")).headers["location"] == begins
