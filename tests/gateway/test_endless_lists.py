"""Lists of a provider that have no end: they are left off, and that is said."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.calls.exchange import NoAnswer
from adapters.payments.calls import REFUNDS
from adapters.payments.client import Provider

PATIENCE = timedelta(seconds=60)
Next = Callable[[str], str]
"""What the last entry of the page is that follows an entry."""


@asynccontextmanager
async def listing(follows: Next) -> AsyncIterator[Provider]:
    """A provider whose pages of one entry always say that there are more."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        after = parse_qs(urlsplit(target).query).get("starting_after", ["0"])[0]
        body = json.dumps({"data": [{"id": follows(after)}], "has_more": True})
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    provider = Provider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "key", PATIENCE)
    try:
        yield provider
    finally:
        await provider.close()
        server.close()


@pytest.mark.parametrize(
    ("follows", "pages", "why"),
    [
        (lambda after: "1", 2, "comes back"),
        (lambda after: {"0": "1", "1": "2", "2": "3"}.get(after, "1"), 4, "comes back"),
        (lambda after: str(int(after) + 1), 7, "more than 7 pages"),
    ],
    ids=["the same page", "three pages in a circle", "ever new pages"],
)
async def test_a_list_without_an_end_is_left_off(follows: Next, pages: int, why: str) -> None:
    read: Counter[int] = Counter()

    async def all_pages(provider: Provider) -> None:
        async for page in provider.pages(REFUNDS, {}, most=7):
            read[page.status] += 1

    async with listing(follows) as provider:
        with pytest.raises(NoAnswer, match=why):
            await all_pages(provider)

    assert read == {200: pages}
