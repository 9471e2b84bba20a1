"""What is sent has bounds: bodies in size, depth and time, before anybody is signed in, and numbers in parameters."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from hub.api import limits
from hub.desk import Desk, processes
from tests.api.books import Books
from tests.api.server import Api, running_api
from tests.stage import Stage

pytestmark = pytest.mark.integration
JSON = {"Content-Type": "application/json"}
TAKING = ["/v1/refunds/approve", "/v1/views/x", "/v1/partner-keys", "/v1/orders/o-1/notes", "/v1/ops/what-if"]
"""Routes whose bodies are read by the framework, by the hub, or not at all."""


async def spoken(api: Api, head: str, *parts: bytes, pause: float = 0) -> str:
    """What is answered to a request as it is written here, byte for byte."""
    address = urlsplit(api.base)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"{head}\r\nHost: hub\r\nContent-Type: application/json\r\n\r\n".encode())
    for part in parts:
        await asyncio.sleep(pause)
        writer.write(part)
    told = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return told.decode()


async def endless(part: bytes, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield part


@pytest.mark.parametrize("path", [*TAKING, "/v1/nowhere"])
async def test_a_body_that_is_too_large_is_refused_before_anybody_signs_in(stage: Stage, path: str) -> None:
    async with running_api(stage) as api:
        announced = await spoken(api, f"POST {path} HTTP/1.1\r\nContent-Length: 300000")
        chunked = await api.client.post(f"{api.base}{path}", content=endless(b" " * 10_000, 30), headers=JSON)

    assert announced.startswith("HTTP/1.1 413 ")  # without a byte of it
    assert '"code":"too_large"' in announced
    assert (chunked.status_code, chunked.json()["code"]) == (413, "too_large")
    assert chunked.headers["x-content-type-options"] == "nosniff"


async def test_events_may_be_larger_than_other_bodies_and_have_an_end_too(stage: Stage) -> None:
    async with running_api(stage) as api:
        answers = [
            await api.client.post(f"{api.base}{path}", content=endless(b" " * 10_000, count), headers=JSON)
            for path in ("/v1/events", "/v1/contracts/validate")
            for count in (99, 101)
        ]

    assert [each.status_code for each in answers] == [401, 413] * 2


@pytest.mark.parametrize("path", TAKING)
async def test_json_that_is_nested_too_deep_is_not_read(stage: Stage, path: str) -> None:
    deep = [b'{"a":' * 50 + b"1" + b"}" * 50, b"[" * 100_000, b'{"a":"\\"",' + b'"b":[' * 50 + b"]" * 50 + b"}"]
    async with running_api(stage) as api:
        signed = JSON | api._headers | {"Idempotency-Key": "k-1"}
        told = [await api.client.post(f"{api.base}{path}", content=each, headers=signed) for each in deep]
        wide = await api.client.post(f"{api.base}{path}", content=b'{"a":"' + b"[" * 50 + b'"}', headers=signed)

    assert [(each.status_code, each.json()["code"]) for each in told] == [(400, "malformed")] * 3
    assert "nested" not in wide.text  # brackets in a text are text


async def test_a_body_in_utf_16_does_not_hide_its_depth(stage: Stage) -> None:
    async with running_api(stage) as api:
        body = ("[" * 50 + "]" * 50).encode("utf-16")
        told = await api.client.post(f"{api.base}/v1/refunds/approve", content=body, headers=JSON | api._headers)

    assert (told.status_code, told.json()["code"]) == (400, "malformed")


async def test_a_body_that_comes_drop_by_drop_is_waited_for_so_long(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.5)
    async with running_api(stage) as api:
        head = "POST /v1/refunds/approve HTTP/1.1\r\nContent-Length: 100"
        slow = await spoken(api, head, *[b" "] * 8, pause=0.1)
        silent = await spoken(api, "GET /v1/me HTTP/1.1\r\nContent-Length: 100")

    for told in (slow, silent):  # the connection is closed, or there would be no end to read
        assert told.startswith("HTTP/1.1 408 ")
        assert '"code":"too_slow"' in told


EXTREMES = {
    "integer": ["-1", "9" * 18, "9" * 19, "9" * 40, "1e400"],
    "number": ["-1", "9" * 400, "1e400", "nan"],
    "date-time": ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "9" * 30],
    "duration": ["P999999999D", "-P999999999D", "P9999999999D", "P36525D"],
    "digits": ["0", "9" * 18, "9" * 19, "9" * 20, "%D9%A3"],
}


def sorts_of(schema: dict[str, Any]) -> set[str]:
    """Which of the extremes a parameter may be given."""
    every = [schema, *schema.get("anyOf", ())]
    digits = {"digits" for each in every if "pattern" in each or "cursor" in each.get("title", "").lower()}
    return {str(each.get("format", each.get("type"))) for each in every} & EXTREMES.keys() | digits


async def test_no_number_however_mistyped_reaches_what_can_not_hold_it(
    beside: Api, books: Books, capfd: pytest.CaptureFixture[str]
) -> None:
    await books.store("o-1")
    paths = (await beside.get("/openapi.json")).json()["paths"]
    asked = {
        f"{path}?{name['name']}={extreme}" if name["in"] == "query" else path.replace(f"{{{name['name']}}}", extreme)
        for path, held in paths.items()
        for name in held.get("get", {}).get("parameters", ())
        for sort in sorts_of(name["schema"])
        for extreme in EXTREMES[sort]
        if "stream" not in path
    }
    filled = sorted(re.sub(r"{order}", "o-1", path) for path in asked)
    answers = [await beside.get(re.sub(r"{\w+}", "1", path)) for path in filled]

    assert "/v1/orders/o-1/timeline?cursor=" + "9" * 20 in filled
    assert [each.text for each in answers if each.status_code >= 500 and "listing_building" not in each.text] == []
    assert "api.data_refused" not in capfd.readouterr().out  # which would be a bound too few


async def test_what_the_database_can_not_compare_is_no_database_that_is_away(
    beside: Api, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    questions = ["SELECT CAST(:n AS bigint)", "SELECT now() - interval '400000 years'", "SELECT 1 / (CAST(:n AS int))"]
    given = [{"n": 10**30}, {}, {"n": 0}]

    async def beyond(desk: Desk) -> NoReturn:
        async with desk.engine.connect() as connection:
            await connection.execute(text(questions.pop()), given.pop())
        raise AssertionError

    monkeypatch.setattr(processes, "standing", beyond)
    told = [await beside.get("/v1/ops/processes") for _ in list(given)]

    assert [(each.status_code, each.json()["code"]) for each in told] == [(422, "data_invalid")] * 3
    assert capfd.readouterr().out.count("api.data_refused") == 3


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (b"", 0),
        (b"1", 0),
        (b'{"a":[1,{"b":[]}],"c":[[[]]]}', 4),
        (b'"[[[[" [', 1),
        (rb'["\\",["\"[[[",[]]]', 3),
        (b'"' + rb"\"" * 500_000 + b"[[", 0),
        (b'["' + b"\\", 1),
    ],
)
def test_depth_is_counted_without_reading(body: bytes, depth: int) -> None:
    assert limits._depth(body) == depth
