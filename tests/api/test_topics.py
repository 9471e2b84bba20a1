"""Topics over HTTP: how far they are read, and what lies in Kafka, for those who may see it."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain import rights
from hub.desk import topic_records
from tests.api.server import Api, running_api
from tests.integration.messages import approve
from tests.stage import Stage

pytestmark = pytest.mark.integration
SHOP = "/v1/ops/topics/shop.events/records?partition=0"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def cut_off(stage: Stage, address: str) -> Stage:
    """The same stage for an API whose Kafka is elsewhere."""
    kafka = stage.settings.kafka.model_copy(update={"bootstrap_servers": address})
    return replace(stage, settings=stage.settings.model_copy(update={"kafka": kafka}))


async def items(api: Api, path: str) -> list[dict[str, Any]]:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_each_topic_tells_how_far_it_is_read_and_what_is_paused(api: Api) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    await api.stage.until_read()
    await api.act("/v1/ops/topics/fraud.events/pause", {"why": "looks odd"})

    async def behind() -> dict[str, Any]:
        """Until the shards have noticed the pause, they read what is written."""
        await api.stage.write("fraud.events", key=b"o-2", value=b"{}", partition=1)
        topic = (await api.get("/v1/ops/topics/fraud.events")).json()
        return topic if topic["lag"] else {}

    fraud = await api.stage.until(behind, "the topic is behind by records that nobody reads")
    found = {each["topic"]: each for each in await items(api, "/v1/ops/topics")}

    (there,) = [each for each in fraud["partitions"] if each["partition"] == 1]
    assert (there["end"] - there["position"], there["shard"]) == (there["lag"], 1)
    assert fraud["lag"] == there["lag"] > 0
    assert there["paused"] == "paused by ann: looks odd"
    assert (fraud["paused"], found["shop.events"]["lag"], found["shop.events"]["paused"]) == (2, 0, 0)
    assert "order.events" not in found
    assert (await api.get("/v1/ops/topics/order.events")).status_code == 404


async def test_who_asks_together_is_told_of_one_look_and_who_asks_later_of_another(beside: Api) -> None:
    answers = await asyncio.gather(*(beside.get("/v1/ops/topics") for _ in range(50)))
    looks = {each["ends_at"] for answer in answers for each in answer.json()["items"]}

    async def again() -> bool:
        return (await beside.get("/v1/ops/topics/shop.events")).json()["ends_at"] not in looks

    assert len(looks) == 1
    assert [each["position"] for each in answers[0].json()["items"][0]["partitions"]] == [None, None]
    await beside.stage.until(again, "another look is told of")


async def test_records_are_shown_as_they_lie_there(beside: Api) -> None:
    write = beside.stage.write
    headers = [("ce_type", b"x.y.v1"), ("hub-token", b"a secret"), ("odd", b"\xff"), ("none", None)]
    await write("shop.events", key=b"o-1", value="größer".encode(), headers=headers, partition=0)
    await write("shop.events", key=None, value=b"\xff\xfe", partition=0)
    await write("shop.events", key=b"o-3", value=None, partition=0)
    await write("shop.events", key=b"o-4", value=b"x" * 100_000, partition=0)

    first, second, third, fourth = await items(beside, SHOP)

    assert (first["offset"], first["key"]["text"], first["value"]["text"]) == (0, "o-1", "größer")
    told = {
        each["name"]: each["value"] and (each["value"]["text"], each["value"]["base64"]) for each in first["headers"]
    }
    assert (told["ce_type"], told["odd"], told["none"]) == (("x.y.v1", None), (None, "/w=="), None)
    assert told["hub-token"][0].startswith("sha256:")
    assert (second["key"], second["value"]["text"], second["value"]["base64"]) == (None, None, "//4=")
    assert (third["value"], third["hidden"]) == (None, [])
    assert (fourth["value"]["cut"], fourth["value"]["size"]) == (True, 100_000)
    assert len(fourth["value"]["text"]) == topic_records.VALUE_BYTES


@pytest.mark.parametrize("stores", [("*",), ("lille",)])
async def test_who_may_not_read_orders_of_all_stores_sees_no_value(beside: Api, stores: tuple[str, ...]) -> None:
    headers = [("ce_type", b"x.y.v1"), ("mail", b"ada@example.org")]
    await beside.stage.write("shop.events", key=b"o-1", value=b"ada@example.org", headers=headers, partition=0)
    scopes = (rights.OPERATE, *([rights.READ] if stores != ("*",) else []))

    (record,) = await items(beside.as_(*scopes, stores=stores), SHOP)

    assert (record["value"], record["hidden"]) == (None, ["headers", "value"])
    assert [each["name"] for each in record["headers"]] == ["ce_type"]
    assert "ada@" not in str(record)


async def test_records_are_found_by_offset_by_time_or_from_the_end(beside: Api) -> None:
    for number in range(5):
        await beside.stage.write("order.events", key=b"o-1", value=b"%d" % number, partition=1)
    path = "/v1/ops/topics/order.events/records?partition=1"
    noon = datetime.now(UTC)

    async def offsets(more: str) -> list[int]:
        return [each["offset"] for each in await items(beside, f"{path}&{more}")]

    page = (await beside.get(f"{path}&offset=1&limit=2")).json()
    assert (page["start"], page["end"], page["next_offset"]) == (0, 5, 3)
    assert [each["offset"] for each in page["items"]] == [1, 2]
    assert await offsets("limit=2") == [3, 4]
    assert await offsets("offset=5") == []
    assert await offsets("at=2026-01-01T00:00:00Z&limit=2") == [0, 1]
    assert await offsets(f"at={(noon + timedelta(hours=1)):%Y-%m-%dT%H:%M:%SZ}") == []
    assert await items(beside, "/v1/ops/topics/shop.events.dlt/records?partition=0") == []


@pytest.mark.parametrize(
    ("path", "status", "code", "says"),
    [
        ("shop.events/records?partition=0&offset=9", 422, "offset_outside", "from 0 on to before 0"),
        ("shop.events/records?partition=2", 404, "not_found", "partitions 0 to 1"),
        ("no.such/records?partition=0", 404, "not_found", "shop.events"),
        ("__consumer_offsets/records?partition=0", 404, "not_found", "shop.events"),
        ("shop.events/records?partition=0&offset=0&at=2026-01-01T00:00:00Z", 422, "data_invalid", "not both"),
        ("shop.events/records?partition=0&limit=101", 422, "data_invalid", "as declared"),
        ("shop.events/records?partition=0&at=2026-01-01T00:00:00", 422, "data_invalid", "as declared"),
        ("shop.events/records", 422, "data_invalid", "as declared"),
        ("no.such", 404, "not_found", "shop.events"),
    ],
)
async def test_what_can_not_be_looked_at_is_said_in_a_sentence(
    beside: Api, path: str, status: int, code: str, says: str
) -> None:
    answer = await beside.get(f"/v1/ops/topics/{path}")

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert says in answer.json()["detail"]


async def test_a_topic_that_is_not_made_yet_is_told_with_what_to_do(beside: Api) -> None:
    async with beside.stage.admin() as admin:
        await admin.delete_topics([beside.stage.kafka.topic("shop.events")])

    async def gone() -> bool:
        answer = await beside.get(SHOP)
        return answer.status_code == 503 and "hub topics apply" in answer.json()["detail"]

    await beside.stage.until(gone, "the topic is gone")


async def test_a_kafka_that_keeps_silent_holds_nobody_up_and_few_ask_it_at_once(stage: Stage, silent: str) -> None:
    async with running_api(cut_off(stage, silent), project=False) as api:
        answers = await asyncio.gather(*(api.get(SHOP) for _ in range(12)))
        topics = await asyncio.gather(*(api.get("/v1/ops/topics") for _ in range(20)))

    codes = [(each.status_code, each.json()["code"]) for each in answers]
    assert sorted(codes) == [(429, "rate")] * 8 + [(503, "kafka_away")] * 4
    assert {each.headers["retry-after"] for each in answers} == {"1"}
    assert {(each.status_code, each.json()["code"]) for each in topics} == {(503, "kafka_away")}


async def test_no_reader_stays_open_though_its_caller_hangs_up(beside: Api) -> None:
    await beside.stage.write("shop.events", key=b"o-1", value=b"x", partition=0)

    for _ in range(10):
        with suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await beside.get(SHOP)

    async def free() -> bool:
        answers = await asyncio.gather(*(beside.get(SHOP) for _ in range(4)))
        return all(each.status_code == 200 for each in answers)

    await beside.stage.until(free, "all turns are free again")
