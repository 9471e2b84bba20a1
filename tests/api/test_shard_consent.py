"""Shards let run again over HTTP after what can't be undone: only where the shard is named, and once for each key."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from hub.desk import accidents
from hub.desk.accidents import Consent
from hub.desk.errors import ShardIsNotStopped
from hub.desk.operations import Act
from tests.api.server import Api
from tests.integration.messages import named, placed

pytestmark = pytest.mark.integration
RESUME = "/v1/ops/shards/0/resume"
SAID = {"why": "the sender has sent them again", "accept_loss": True}


async def cut(api: Api) -> int:
    """Have retention remove a record that shard 0 has not read; return its offset."""
    stage = api.stage
    first, *late = named(0, count=3)
    await stage.say("shop.events", placed(f"N-{first}"), first)
    await stage.until_state(first, "payment_pending")
    await stage.until_read()
    await stage.stop_hubs()
    offsets = [(await stage.say("shop.events", placed(f"N-{order}"), order))[1] for order in late]
    async with stage.admin() as admin:
        partition = TopicPartition(stage.kafka.topic("shop.events"), 0)
        await admin.delete_records({partition: RecordsToDelete(offsets[1])})
    stage.start_hub()
    await stage.until_rows("SELECT 1 FROM shard WHERE k = 0 AND stopped IS NOT NULL")
    return offsets[0]


async def test_a_loss_is_accepted_where_the_shard_is_confirmed_and_written_down(api: Api) -> None:
    lost = await cut(api)
    refused = [await api.act(RESUME, SAID), await api.act(RESUME, SAID | {"confirm": 1})]
    stopped = await api.stage.rows("SELECT 1 FROM shard WHERE k = 0 AND stopped IS NOT NULL")

    done = await api.act(RESUME, SAID | {"confirm": 0}, key="k-1")
    again = await api.act(RESUME, SAID | {"confirm": 0}, key="k-1")
    other = await api.act(RESUME, SAID | {"confirm": 0, "accept_restore": True}, key="k-1")
    no_more = await api.act(RESUME, SAID | {"confirm": 0})

    told = [(each.status_code, each.json()["code"], each.json()["errors"][0]["pointer"]) for each in refused]
    assert told == [(422, "data_invalid", "/body/confirm")] * 2
    assert stopped
    note = f"shop.events/0: records {lost} to {lost} were lost and passed over"
    assert (done.status_code, done.json()) == (200, {"done": True, "notes": [note]})
    assert (again.status_code, again.json()["notes"]) == (200, [])
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert (no_more.status_code, no_more.json()["code"]) == (409, "not_stopped")
    assert len(await api.stage.rows("SELECT 1 FROM attention WHERE kind = 'loss_accepted'")) == 1
    (row,) = (await api.get("/v1/ops/operations")).json()
    assert (row["action"], row["wish"]) == ("resume shard", {"shard": 0, "accepted": ["loss"]})
    await api.stage.until_state(named(0, count=3)[2], "payment_pending")


async def test_without_consent_a_shard_that_lost_records_stops_again(api: Api) -> None:
    await cut(api)

    done = await api.act(RESUME, {"why": "try"})

    assert done.json() == {"done": True, "notes": []}
    await api.stage.until_rows("SELECT 1 FROM shard WHERE k = 0 AND stopped LIKE '%retention%'")


async def test_a_database_that_is_no_copy_is_not_accepted_as_one(api: Api) -> None:
    await cut(api)

    refused = await api.act(RESUME, {"why": "try", "accept_restore": True, "confirm": 0})

    assert (refused.status_code, refused.json()["code"]) == (409, "other_accident")
    assert "no older copy" in refused.json()["detail"]
    assert await api.stage.rows("SELECT 1 FROM operation") == []


FAILING = """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '57P01'; END $$;
CREATE TRIGGER failing BEFORE UPDATE ON shard FOR EACH ROW WHEN (NEW.stopped IS NULL AND OLD.stopped IS NOT NULL)
EXECUTE FUNCTION fail()"""
"""The database breaks off where the shard is let run."""


async def test_what_is_accepted_and_the_shard_that_runs_again_are_one_and_its_repeat_does_it(api: Api) -> None:
    lost = await cut(api)
    before = await api.stage.rows("SELECT * FROM position ORDER BY topic, partition")
    for part in FAILING.split(";\nCREATE TRIGGER"):
        await api.stage.change(part if part.startswith("CREATE") else f"CREATE TRIGGER{part}")

    broken = await api.act(RESUME, SAID | {"confirm": 0}, key="k-1")
    held = await api.stage.rows("SELECT * FROM position ORDER BY topic, partition")
    noted = await api.stage.rows("SELECT 1 FROM attention WHERE kind = 'loss_accepted'")
    await api.stage.change("DROP TRIGGER failing ON shard")
    done = await api.act(RESUME, SAID | {"confirm": 0}, key="k-1")

    assert (broken.status_code, broken.json()["code"]) == (503, "database_away")
    assert (held, noted) == (before, [])
    note = f"shop.events/0: records {lost} to {lost} were lost and passed over"
    assert (done.status_code, done.json()) == (200, {"done": True, "notes": [note]})
    await api.stage.until_state(named(0, count=3)[2], "payment_pending")


async def test_of_those_who_accept_at_once_one_does_it_and_his_repeats_find_it_done(api: Api) -> None:
    await cut(api)
    desk, loss = api.stage.desk, Consent(loss=True)

    acts = [Act("sent again", "ann", f"k-{n % 2}") for n in range(6)]
    told = await asyncio.gather(*(accidents.resume(desk, act, 0, loss) for act in acts), return_exceptions=True)

    first, second = told[::2], told[1::2]
    done, refused = (first, second) if isinstance(second[0], BaseException) else (second, first)
    assert {type(each) for each in refused} == {ShardIsNotStopped}
    assert sorted(len(each) for each in done if not isinstance(each, BaseException)) == [0, 0, 1]
    assert len(await api.stage.rows("SELECT 1 FROM attention WHERE kind = 'loss_accepted'")) == 1
    (row,) = (await api.get("/v1/ops/operations")).json()
    assert (row["action"], row["touched"]) == ("resume shard", 1)
