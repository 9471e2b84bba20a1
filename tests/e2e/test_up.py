"""`hub up` as a newcomer runs it: what its API is asked for happens, up to the webhook that is told of it."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from adapters import tokens
from tests.api.receiver import Received, receiving

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]
SALE = {
    "number": "W-1",
    "store": "lille",
    "currency": "EUR",
    "customer": {"id": "c-1", "name": "Zoé Vasseur"},
    "shipping_address": {"street": "1 rue Basse", "city": "Lille", "postcode": "59000", "country": "FR"},
    "lines": [{"line": 1, "sku": "shirt-M", "quantity": 1, "unit_price": 2000}],
}


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[str]:
    """Run `hub up` in a folder of its own as long as the block; give the address of its API."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
    told = folder / "up.log"
    with told.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub", "up"), cwd=folder, env=clean, stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(300):
            while (found := re.search(r"^API +(http://\S+)/docs$", told.read_text(), re.MULTILINE)) is None:
                assert process.returncode is None, told.read_text()
                await asyncio.sleep(0.2)
        yield found[1]
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 60)
    assert process.returncode == 0, told.read_text()


async def until_ready(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(300):
        while True:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.2)


async def posted(client: httpx2.AsyncClient, path: str, body: object) -> dict[str, Any]:
    """Do an act again until it is done: the hub may still be starting."""
    own = {"Idempotency-Key": f"k{path}"}
    async with asyncio.timeout(300):
        while (answer := await client.post(path, json=body, headers=own)).status_code == 202:
            await asyncio.sleep(0.2)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_webhook_that_is_made_over_http_is_told_of_an_order_that_is_placed_over_http(tmp_path: Path) -> None:
    async with up(tmp_path) as base, receiving() as receiver:
        key = json.loads((tmp_path / ".hub" / "running.json").read_text())["token_key"]
        token = tokens.create(key, "ann", tokens.SCOPES, ["*"], timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=20"}
        async with httpx2.AsyncClient(base_url=base, headers=headers, timeout=60) as client:
            await until_ready(client)
            wish = {"url": receiver.url("/hub"), "types": ["order.created.v1"]}
            made = await posted(client, "/v1/webhooks", wish)
            order = (await posted(client, "/v1/orders", SALE | {"submit": True}))["order"]["order_id"]
            told = await first(receiver.came["/hub"])

    assert told.verified(made["secret"])["type"] == "order.created.v1"
    assert (told.told["data"]["order_id"], told.told["data"]["number"]) == (order, "W-1")


async def first(came: list[Received]) -> Received:
    async with asyncio.timeout(300):
        while not came:
            await asyncio.sleep(0.1)
    return came[0]
