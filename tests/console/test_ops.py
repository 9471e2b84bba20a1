"""Operators' pages over plain HTTP: what they say of the hub, and what their forms do."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from domain import rights
from tests.api.server import Api
from tests.console.visitor import Visitor, hidden, text_of
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
Visiting = Callable[[Api], Visitor]
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
CALLS = """INSERT INTO gateway_calls (request_id, order_id, kind, payment_id, amount, currency, partition, "offset",
    seen_offset, digest, message_type, message, state, last_error, received_at)
  SELECT 'r-' || i, 'o-' || i, 'capture', 'p-' || i, 4500, 'EUR', 0, i, i, '', 't', '', row.state,
    'timed out <b>', now()
  FROM unnest(CAST(:states AS text[])) WITH ORDINALITY AS row(state, i)"""


async def operator(api: Api, visiting: Visiting, *scopes: str) -> Visitor:
    visitor = visiting(api)
    await visitor.sign_in(*(scopes or (rights.OPERATE, rights.AUDIT)))
    return visitor


async def do(visitor: Visitor, path: str, **fields: str) -> Any:
    """Fill a form in as it was given, and send it."""
    form = await visitor.get(path)
    assert form.status_code == 200, text_of(form)
    return await visitor.send(path.split("?")[0], {"key": hidden(form, "key"), "go": "do", **fields})


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


async def test_a_partition_is_paused_alone(beside: Api, visiting: Visiting) -> None:
    ann = await operator(beside, visiting)

    done = await do(ann, "/ops/topics/shop.events/acts/pause?partition=1", partition="1", why="a look")

    page, topics = text_of(await ann.get("/ops/topics/shop.events")), text_of(await ann.get("/ops/topics"))
    assert done.headers["location"] == "/ops/topics/shop.events?done=pause"
    assert "Paused paused by ann: a look" in page
    assert "Paused 1 of 2" in topics
    assert "shop.events/1 is read no further" in text_of(await ann.get("/ops"))


async def test_records_are_shown_as_they_lie_there_and_only_to_who_may_read_orders(
    beside: Api, visiting: Visiting
) -> None:
    for number in range(30):
        value = b'{"a":1.10,"n":%d,"x":"<img src=x>"}' % number
        await beside.stage.write("shop.events", key=b"o-1", value=value, headers=[("ce_type", b"t.v1")], partition=1)
    whole = await operator(beside, visiting, rights.OPERATE, rights.READ)
    path = "/ops/topics/shop.events?partition=1"

    last, first = await whole.get(path), await whole.get(f"{path}&offset=0")
    then = await whole.get(f"{path}&at=2020-01-01T00:00")
    masked = await (await operator(beside, visiting)).get(path)

    assert last.text.count('<details class="record"') == 25
    assert '"a": 1.10,' in text_of(first)
    assert '"n": 0' in text_of(first)
    assert '"n": 29' not in text_of(first)
    assert re.search(r'rel="next" href="([^"]*)"', first.text)[1].endswith("partition=1&amp;offset=25#records")  # type: ignore[index]
    assert "<img src=x>" not in first.text
    assert '"n": 0' in text_of(then)
    assert '"n": 29' not in text_of(masked)
    assert "Hidden for want of the right" in text_of(masked)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?at=soon", "The time can't be read"),
        ("?partition=x", "partition"),
        ("?partition=7", "partition"),
        ("?offset=99", "offset"),
    ],
)
async def test_a_place_that_is_none_is_said_in_place_of_records(
    beside: Api, visiting: Visiting, query: str, says: str
) -> None:
    page = await (await operator(beside, visiting)).get(f"/ops/topics/shop.events{query}")

    assert page.status_code == 200
    assert says in text_of(page)
    assert "Partitions" in text_of(page)


async def test_dead_letters_are_looked_at_and_lead_to_their_cause(beside: Api, visiting: Visiting) -> None:
    headers = [("hub_failure_code", b"data_invalid")]
    await beside.stage.write("shop.events.dlt", key=b"o-1", value=b"{", headers=headers, partition=0)
    ann = await operator(beside, visiting, rights.OPERATE, rights.READ)

    page = await ann.get("/ops/topics/shop.events.dlt")

    assert "/ops/failed?code=data_invalid&amp;topic=shop.events" in page.text
    assert "Pause…" not in text_of(page)


async def test_what_is_none_is_not_found(beside: Api, visiting: Visiting) -> None:
    ann = await operator(beside, visiting)
    paths = (
        "/ops/shards/7",
        "/ops/shards/x",
        "/ops/topics/nowhere",
        "/ops/shards/1/burn",
        "/ops/topics/nowhere/acts/pause",
    )

    assert {path: (await ann.get(path)).status_code for path in paths} == dict.fromkeys(paths, 404)


async def test_a_window_is_counted_and_then_written_again(beside: Api, visiting: Visiting) -> None:
    for number in range(3):
        await beside.stage.write("shop.events", key=b"o-%d" % number, value=b"{}", partition=0)
    ann, path = await operator(beside, visiting), "/ops/topics/shop.events/replay"
    window = {"since": "2020-01-01", "until": "2099-01-01 00:00", "why": "lost", "limit": "100"}

    none = await do(ann, path, go="check", why="lost", since="", until="x")
    counted = await do(ann, path, **window | {"go": "check"})
    ends = [await _ends(beside)]
    written = await do(ann, path, **window)

    assert none.status_code == 422
    assert "3 records would be written again." in text_of(counted)
    assert "3 records were written again." in text_of(written)
    assert [*ends, await _ends(beside)] == [3, 6]


async def _ends(api: Api) -> int:
    """How many records the first partition of a topic has had."""
    return (await api.stage.log.ends([("shop.events", 0)]))["shop.events", 0]


async def test_calls_in_doubt_are_told_with_what_gets_them_going(beside: Api, visiting: Visiting) -> None:
    await beside.stage.change(CALLS, states=["received", "unknown", "unreadable"])
    ann = await operator(beside, visiting)

    whole, doubt = text_of(await ann.get("/ops/gateway")), text_of(await ann.get("/ops/gateway?show=doubt"))

    assert "In doubt 1" in whole
    assert "p-1" in whole
    assert "p-1" not in doubt
    assert "timed out <b> hub gateway retry r-2 --why …" in doubt
    assert "hub gateway dismiss r-3" in doubt
    assert "The books have not been compared yet" in whole


async def test_other_choices_are_tried(api: Api, visiting: Visiting) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    ann = await operator(api, visiting)
    form = {"name.0": "logistics_pieces", "value.0": "1", "orders": "o-1", "limit": "10"}

    told = await ann.send("/ops/what-if", form)
    wrong = await ann.send("/ops/what-if", form | {"name.1": "refund_cap", "value.1": "much"})

    assert "Decided again 1 Would stand as they do 0 Would stand otherwise 1" in text_of(told)
    assert "H-03" in text_of(told)
    assert wrong.status_code == 422
    assert "refund_cap" in text_of(wrong)
    assert 'value="much"' in wrong.text


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
