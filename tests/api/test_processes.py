"""Processes and shards over HTTP, as they told of themselves last."""

from datetime import datetime
from importlib.metadata import version
from typing import Any

import pytest

from contracts.topics import INBOUND
from hub.wiring import unit_of
from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration


async def test_a_shard_tells_who_works_on_it_and_how_far_its_partitions_are(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    await api.stage.until_read()

    async def running() -> dict[str, Any]:
        shard = (await api.get("/v1/ops/shards/1")).json()
        told = (shard["told"] or {}).get("state") == "running"
        return shard if told and shard["lag"] == 0 and shard["batch"] == shard["emitted"] else {}

    shard = await api.stage.until(running, "shard 1 has told that it runs")
    (process,) = (await api.get("/v1/ops/processes")).json()["items"]

    assert [(each["topic"], each["partition"]) for each in shard["partitions"]] == [(t.name, 1) for t in INBOUND]
    assert all(each["position"] == each["end"] for each in shard["partitions"])
    assert (shard["number"], shard["owner"], shard["stopped"]) == (1, process["id"], None)
    assert [(each["owner"], each["batch"], each["emitted"]) for each in shard["taken_over"]] == [(process["id"], 0, 0)]
    assert process["alive"]
    assert set(process["shards"]) == {"0", "1"}
    assert process["shards"]["1"]["state"] == "running"
    assert process["version"].startswith(f"{version('fulfilment-hub')}+")
    assert process["memory_bytes"] > 20_000_000


async def test_a_process_that_is_silent_is_told_as_such(beside: Api) -> None:
    await beside.stage.change(
        """INSERT INTO member (id, seen, started_at, report)
        VALUES ('there-1', now() - interval '1 hour', now() - interval '2 hours', '{"trouble": {"1": "no Kafka"}}')"""
    )

    (process,) = (await beside.get("/v1/ops/processes")).json()["items"]

    assert (process["alive"], process["shards"], process["trouble"]) == (False, {}, {"1": "no Kafka"})
    assert process["silent_seconds"] >= 3600
    assert (process["version"], process["memory_bytes"]) == (None, None)


async def test_a_shard_that_is_none_is_said_to_be_none(beside: Api) -> None:
    nowhere = await beside.get("/v1/ops/shards/2")
    idle = (await beside.get("/v1/ops/shards/0")).json()

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert "0 to 1" in nowhere.json()["detail"]
    assert (idle["owner"], idle["told"], idle["batch"], idle["taken_over"]) == (None, None, 0, [])


async def test_the_last_take_overs_of_a_shard_are_kept_and_the_newest_ten_told(beside: Api) -> None:
    for _ in range(53):
        await beside.stage.change("UPDATE shard SET batch = batch + 1 WHERE k = 0")
        for _ in range(2):  # the second one is the same owner's next try
            unit = unit_of(beside.stage.settings, 0)
            await unit.take()
            await unit.close()

    told = (await beside.get("/v1/ops/shards/0")).json()["taken_over"]
    kept = await beside.stage.rows("SELECT id, at FROM take_over WHERE shard = 0 ORDER BY id DESC")

    assert (len(kept), len(told)) == (50, 10)
    assert [each["batch"] for each in told] == list(range(53, 43, -1))
    assert [datetime.fromisoformat(each["at"]) for each in told] == [each["at"] for each in kept[:10]]
    assert {each["owner"] for each in told} == {None}
