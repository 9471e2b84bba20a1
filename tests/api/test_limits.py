"""Bodies have a size, a depth and a time, whoever sends them and to which route: no one signed in yet is believed."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from hub.api import limits
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
