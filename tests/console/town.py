"""A town: orders, returns, refunds, partners and accidents of every kind, so that no page of the console is empty."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from contracts.envelope import Envelope
from contracts.shop import OrderPlaced
from hub.desk.names import spelling
from tests.api.server import Api, api_settings, running_api
from tests.api.webhook_yard import settings_for
from tests.console import sale
from tests.console.person import doubted, missing, sent
from tests.integration.messages import placed
from tests.stage import Stage

PARTNER = "/partners/test"
KEY = "what seals secrets of webhooks, in tests"
CALL = """INSERT INTO gateway_calls (request_id, order_id, kind, payment_id, amount, currency, partition, "offset",
    seen_offset, digest, message_type, message, state, last_error, received_at)
  VALUES ('r-1', 'o-sent', 'capture', 'p-1', 4500, 'EUR', 0, 1, 1, '', 't', '', 'unknown', 'timed out', now())"""


@dataclass(frozen=True)
class Town:
    """A running API, and what stands in the addresses of its pages, by its name there."""

    api: Api
    names: Mapping[str, str]


@asynccontextmanager
async def town_of(stage: Stage) -> AsyncIterator[Town]:
    """A town on a stage, beside a running hub."""
    stage.settings = api_settings(stage).model_copy(update={"webhooks": settings_for(stage, keys=(KEY,)).webhooks})
    stage.start_hub()
    async with running_api(stage) as api:
        yield Town(api, await _settled(api))


async def _settled(api: Api) -> dict[str, str]:
    stage = api.stage
    await sent(stage, "o-sent", "W-1001")
    await doubted(api, "o-doubted", "W-1002", 87)
    await missing(api, "o-missing", "W-1003", 2)
    names = {"sent": "o-sent", "doubted": "o-doubted", "missing": "o-missing", "partner": spelling(PARTNER)}
    names |= await _returned(api)
    names |= await _sold(api)
    names |= await _failed(api)
    names |= await _connected(api)
    await stage.change(CALL)
    shelves = {"lines": [{"line": 1, "quantity": 2}], "send": False, "reason": "two are on the shelf"}
    await _acted(api, "/v1/orders/o-missing/flash-reorders", shelves)
    await stage.until_read()
    names["job"] = await _tried(api)
    return names


async def _tried(api: Api) -> str:
    """Another choice that was tried on these orders."""
    job = (await _acted(api, "/v1/ops/what-if/jobs", {"policy": {"logistics_pieces": 1}}))["id"]

    async def done() -> bool:
        told = (await api.get(f"/v1/ops/what-if/jobs/{job}")).json()
        return bool(told["state"] == "done")

    await api.stage.until(done, "it was tried")
    return str(job)


async def _returned(api: Api) -> dict[str, str]:
    """A parcel on its way back, and a refund that waits for somebody."""
    pieces = {"lines": [{"line": 1, "quantity": 1, "reason": "too small"}], "confirm": True, "receipt_required": True}
    await _acted(api, "/v1/orders/o-sent/returns", pieces)
    goodwill = {"kind": "goodwill", "amount": 250, "reason": "late"}
    await _acted(api, "/v1/orders/o-sent/refunds", goodwill)
    noted = await _acted(api, "/v1/orders/o-sent/notes", {"text": "She thinks it over.\nCall her on Monday."})
    order = (await api.get("/v1/orders/o-sent")).json()
    return {"rma": order["returns"][0]["rma_code"], "command": noted["command_id"]}


async def _sold(api: Api) -> dict[str, str]:
    """Orders that agents took down: one to edit, one that is held, one that is not placed yet."""
    edited = await sale.placed(api, number="W-1004")
    held = await sale.placed(api, number="W-1005")
    await _acted(api, f"/v1/orders/{held}/hold", {"reason": "she thinks it over"})
    draft = await sale.placed(api, number="W-1006", submit=False)
    return {"edited": edited, "held": held, "draft": draft}


async def _failed(api: Api) -> dict[str, str]:
    """A record that nobody could read, and an operation that tried it again."""
    told = json.loads(placed("W-1007").encoded())
    told["lines"][0] |= {"quantity": -2}
    headers = Envelope("e-broken", PARTNER, OrderPlaced.type(), "o-broken", None).headers()
    await api.stage.write("shop.events", key=b"o-broken", value=json.dumps(told).encode(), headers=headers)
    there = "SELECT id FROM set_aside WHERE kind = 'dead_letter' AND key = convert_to('o-broken', 'UTF8')"
    (row,) = await api.stage.until_rows(there)
    preview = (await api.act("/v1/ops/failed/preview", {"order": "o-broken"})).json()
    await _acted(api, "/v1/ops/failed/retry", {"choice_token": preview["choice_token"], "why": "mended"})
    (operation,) = await api.stage.until_rows("SELECT id FROM operation WHERE action = 'retry'")
    return {"record": str(row["id"]), "operation": str(operation["id"])}


async def _connected(api: Api) -> dict[str, str]:
    """A partner with a key, and a webhook that was tried."""
    key = await _acted(api, "/v1/partner-keys", {"source": PARTNER, "topics": ["shop.events"], "why": "new"})
    wish = {"url": "http://127.0.0.1:9/hub", "types": ["order.sent.v1"]}
    webhook = await _acted(api, "/v1/webhooks", wish)
    await _acted(api, f"/v1/webhooks/{webhook['id']}/example", {"type": "order.sent.v1"})
    return {"key": key["id"], "webhook": webhook["id"]}


async def _acted(api: Api, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    done = await api.act(path, dict(body))
    if done.status_code == 428:
        order = "/".join(path.split("/")[:4])
        done = await api.act(path, dict(body), version=(await api.get(order)).json()["version"])
    assert done.is_success, (path, done.status_code, done.text)
    found: dict[str, Any] = done.json()
    return found
