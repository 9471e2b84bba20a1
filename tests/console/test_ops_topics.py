"""Topics with their records, the gateway and other choices, as operators see them over plain HTTP."""

import re

import pytest

from domain import rights
from tests.api.server import Api
from tests.console.operating import do, operator
from tests.console.visitor import Visiting, text_of
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
CALLS = """INSERT INTO gateway_calls (request_id, order_id, kind, payment_id, amount, currency, partition, "offset",
    seen_offset, digest, message_type, message, state, last_error, received_at)
  SELECT 'r-' || i, 'o-' || i, 'capture', 'p-' || i, 4500, 'EUR', 0, i, i, '', 't', '', row.state,
    'timed out <b>', now()
  FROM unnest(CAST(:states AS text[])) WITH ORDINALITY AS row(state, i)"""


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

    begun = await ann.send("/ops/what-if", form)
    wrong = await ann.send("/ops/what-if", form | {"name.1": "refund_cap", "value.1": "much"})

    async def done() -> str:
        page = text_of(await ann.get(begun.headers["location"]))
        return page if "Decided again" in page else ""

    told = await api.stage.until(done, "the result is shown")
    assert "Decided again 1 Would stand as they do 0 Would stand otherwise 0 Nobody knows 1" in told
    assert "Logistics: takes the hold off" in told
    assert "H-03" in told
    assert "logistics pieces = 1" in text_of(await ann.get("/ops/what-if"))
    assert wrong.status_code == 422
    assert "refund_cap" in text_of(wrong)
    assert 'value="much"' in wrong.text


async def test_a_try_is_stopped_and_one_that_is_not_known_is_said_to_be_so(beside: Api, visiting: Visiting) -> None:
    ann = await operator(beside, visiting)

    begun = await ann.send("/ops/what-if", {"name.0": "logistics_pieces", "value.0": "1"})
    where = begun.headers["location"]
    page = await ann.get(where)
    stopped = await ann.send(f"{where}/stop", {})
    gone = await ann.get("/ops/what-if/none")

    assert 'hx-trigger="every 1s"' in page.text
    assert stopped.headers["location"] == where
    assert "There is no result. It was stopped." in text_of(await ann.get(where))
    assert (gone.status_code, "Nothing is known of it here." in text_of(gone)) == (404, True)
