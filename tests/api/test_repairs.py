"""What operators have done over HTTP: operations stopped, windows replayed, the listing checked; once for each key."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from adapters.errors import ReplayIsStopped
from adapters.postgres import replays
from adapters.postgres.operations import Operation
from contracts.topics import BY_NAME
from producers.replay import Replay, Window
from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
WHY = {"why": "a test of it"}


def window(**more: Any) -> dict[str, Any]:
    """The last hour of the shop's topic."""
    now = datetime.now(UTC)
    told = {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}
    return WHY | {"topic": "shop.events"} | told | more


def times_of(body: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(body["since"]), datetime.fromisoformat(body["until"])


def wish_of(body: dict[str, Any]) -> dict[str, object]:
    """What is written down of a window."""
    since, until = times_of(body)
    return {"topic": body["topic"], "since": str(since), "until": str(until)}


async def ends(api: Api) -> int:
    places = [("shop.events", 0), ("shop.events", 1)]
    return sum((await api.stage.log.ends(places)).values())


async def test_a_window_is_counted_then_written_again_once_for_its_key(beside: Api) -> None:
    for number in range(5):
        await beside.stage.write("shop.events", key=b"o-%d" % (number % 2), value=b"x", partition=number % 2)
    body = window()

    looked = await beside.act("/v1/ops/replay", body | {"dry_run": True})
    before = await ends(beside)
    done = await beside.act("/v1/ops/replay", body, key="k-1")
    again = await beside.act("/v1/ops/replay", body, key="k-1")
    other = await beside.act("/v1/ops/replay", body | {"partition": 1}, key="k-1")
    few = await beside.act("/v1/ops/replay", body | {"order": "o-0", "limit": 2})

    assert (looked.json(), before) == ({"records": 5, "stopped": False, "operation": None}, 5)
    assert done.json()["records"] == 5
    assert again.json() == done.json()
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert few.json()["records"] == 2
    assert await ends(beside) == 5 + 5 + 2
    history = (await beside.get("/v1/ops/operations")).json()
    assert [(each["action"], each["touched"]) for each in history] == [("replay", 2), ("replay", 5)]


async def test_a_replay_that_was_interrupted_goes_on_and_its_limit_counts_once(beside: Api) -> None:
    for _ in range(6):
        await beside.stage.write("shop.events", key=b"o-1", value=b"x", partition=0)
    body = window(limit=5)
    first = (await beside.act("/v1/ops/replay", body, key="k-1")).json()
    back = "UPDATE operation SET done_at = NULL, touched = 3, progress = jsonb_build_object('0', 3) WHERE id = :id"
    await beside.stage.change(back, id=first["operation"])

    done = (await beside.act("/v1/ops/replay", body, key="k-1")).json()

    assert done == first
    assert await ends(beside) == 6 + 5 + 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"topic": "no.such"}, "not_found"),
        ({"topic": "order.events"}, "not_found"),
        ({"topic": "hub.internal"}, "data_invalid"),
        ({"since": "2030-01-01T00:00:00Z", "until": "2029-01-01T00:00:00Z"}, "data_invalid"),
        ({"since": "2030-01-01T00:00:00"}, "data_invalid"),
        ({"limit": 100_001}, "data_invalid"),
        ({"order": "\x00"}, "data_invalid"),
        ({"why": ""}, "data_invalid"),
    ],
)
async def test_a_window_that_can_not_be_replayed_is_refused_in_words(
    beside: Api, more: dict[str, Any], code: str
) -> None:
    assert "hub.internal" in BY_NAME

    answer = await beside.act("/v1/ops/replay", window() | more)

    assert (answer.status_code, answer.json()["code"]) == (404 if code == "not_found" else 422, code), answer.text
    assert await beside.stage.rows("SELECT 1 FROM operation") == []


async def test_what_a_retry_has_not_reached_is_stopped(beside: Api) -> None:
    await beside.stage.change(
        """INSERT INTO set_aside (shard, batch, n, kind, code, detail, topic, partition, "offset")
        SELECT 0, 1, i, 'dead_letter', 'data_invalid', 'd', 'shop.events', 0, i FROM generate_series(1, 3) AS i"""
    )
    preview = (await beside.act("/v1/ops/failed/preview", {})).json()
    asked = await beside.act("/v1/ops/failed/retry", WHY | {"choice_token": preview["choice_token"]})
    number = asked.json()["id"]

    looked = (await beside.act(f"/v1/ops/operations/{number}/stop", WHY | {"dry_run": True})).json()
    done = (await beside.act(f"/v1/ops/operations/{number}/stop", WHY, key="k-1")).json()
    again = (await beside.act(f"/v1/ops/operations/{number}/stop", WHY, key="k-1")).json()
    nothing = (await beside.act(f"/v1/ops/operations/{number}/stop", WHY)).json()
    nowhere = await beside.act("/v1/ops/operations/99/stop", WHY)

    assert asked.json()["waiting"] == 3
    assert [each["records"] for each in (looked, done, again, nothing)] == [3, 3, 3, 0]
    assert (looked["operation"]["waiting"], done["operation"]["waiting"]) == (3, 0)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")


async def test_lists_are_checked_and_mended_and_who_did_it_is_written_down(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    await api.stage.until_read()
    await api.stage.until_rows("SELECT 1 FROM order_list WHERE state = 'availability_requested'")
    await api.stage.change("UPDATE order_list SET total = 1")

    looked = (await api.act("/v1/ops/listing/check", WHY | {"dry_run": True})).json()
    mended = (await api.act("/v1/ops/listing/check", WHY | {"mend": True})).json()
    checked = (await api.act("/v1/ops/listing/check", WHY | {"sample": 10})).json()

    assert (looked["checked"], looked["differences"]) == (1, [{"order_id": "o-1", "what": "differs"}])
    assert (mended["differ"], mended["mended"]) == (1, 1)
    assert (checked["checked"], checked["differ"]) == (1, 0)
    history = (await api.get("/v1/ops/operations")).json()
    assert [(each["action"], each["who"], each["touched"]) for each in history] == [
        ("check listing", "ann", 0),
        ("check listing", "ann", 1),
    ]


@pytest.mark.parametrize("path", ["operations/1/stop", "replay", "listing/check"])
async def test_an_act_needs_a_key(beside: Api, path: str) -> None:
    answer = await beside._ask("POST", f"/v1/ops/{path}", json=window())

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_replay_under_way_is_stopped_and_goes_on_no_more(beside: Api) -> None:
    for number in range(6):
        await beside.stage.write("shop.events", key=b"o-1", value=b"%d" % number, partition=0)
    body, desk = window(), beside.stage.desk
    begun = await replays.begun(desk.engine, Operation("hub|ann k-1", "replay", "ann", "a test of it"), wish_of(body))
    running = Replay(desk.kafka, Window("shop.events", *times_of(body), limit=100), {})
    stopping: list[httpx2.Response] = []

    async def noted(done: Mapping[str, int], sent: int) -> None:  # an operator is quicker than the next records
        if not stopping:
            stopping.append(await beside.act(f"/v1/ops/operations/{begun.id}/stop", WHY, key="k-2"))
        await replays.note(desk.engine, begun.id, done, sent)

    with pytest.raises(ReplayIsStopped):
        await running.run(noted, dry_run=False)
    again = await beside.act("/v1/ops/replay", body, key="k-1")
    repeated = await beside.act(f"/v1/ops/operations/{begun.id}/stop", WHY, key="k-2")
    late = await beside.act(f"/v1/ops/operations/{begun.id}/stop", WHY)

    assert [each.json()["records"] for each in (*stopping, repeated, late)] == [1, 1, 0]
    assert again.json()["stopped"] is True
    assert again.json()["records"] == await ends(beside) - 6
    progress = (await beside.get(f"/v1/ops/operations/{begun.id}")).json()
    assert progress["done_at"] is not None


async def test_a_replay_that_is_at_its_end_was_not_stopped(beside: Api) -> None:
    await beside.stage.write("shop.events", key=b"o-1", value=b"x", partition=0)
    body = window()
    done = (await beside.act("/v1/ops/replay", body, key="k-1")).json()
    looked = await beside.act(f"/v1/ops/operations/{done['operation']}/stop", WHY | {"dry_run": True})
    stopped = await beside.act(f"/v1/ops/operations/{done['operation']}/stop", WHY)

    again = (await beside.act("/v1/ops/replay", body, key="k-1")).json()

    assert (looked.json()["records"], stopped.json()["records"]) == (0, 0)
    assert (done["stopped"], again) == (False, done)
