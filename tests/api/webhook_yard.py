"""Where webhooks are tried: an API, a receiver, and a deliverer in this process whose clock a test moves."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

from adapters.calls.traced import Tell
from adapters.webhooks.schedule import Schedule
from hub import webhooks
from hub.settings import Settings
from hub.webhook_settings import WebhookSettings
from tests.api.receiver import Behaviour, Receiver
from tests.api.server import Api
from tests.stage import Stage

LOOPBACK = (ip_network("127.0.0.0/8"),)


def settings_for(stage: Stage, **changed: Any) -> Settings:
    """A stage's settings that let webhooks go to this machine."""
    told = {"allow_private": LOOPBACK, "timeout": timedelta(seconds=0.5), **changed}
    return stage.settings.model_copy(update={"webhooks": WebhookSettings(**told)})


@dataclass
class Yard:
    """One deliverer, and what it works with; `ahead` is how far its clock is moved."""

    stage: Stage
    api: Api
    receiver: Receiver
    ahead: timedelta = timedelta()

    async def webhook(self, does: Behaviour | None = None, api: Api | None = None, **wish: Any) -> "Hook":
        """Make a webhook at a path of its own."""
        path = f"/{uuid4().hex[:8]}"
        if does is not None:
            self.receiver.does[path] = does
        asked = api or self.api
        made = await asked.act("/v1/webhooks", {"url": self.receiver.url(path), **wish})
        assert made.status_code == 201, made.text
        return Hook(self, asked, path, made.json()["id"], made.json()["secret"])

    def move(self, **by: float) -> None:
        """Move the deliverer's clock."""
        self.ahead += timedelta(**by)


@dataclass
class Hook:
    """A webhook, and what came of it."""

    yard: Yard
    api: Api
    path: str
    id: str
    secret: str

    @property
    def came(self) -> Any:
        return self.yard.receiver.came[self.path]

    @property
    def taken(self) -> list[str]:
        return self.yard.receiver.taken[self.path]

    async def show(self) -> dict[str, Any]:
        told: dict[str, Any] = (await self.api.get(f"/v1/webhooks/{self.id}")).json()
        return told

    async def example(self, **wish: Any) -> dict[str, Any]:
        sent = await self.api.act(f"/v1/webhooks/{self.id}/example", wish)
        assert sent.status_code == 202, sent.text
        told: dict[str, Any] = sent.json()
        return told

    async def attempts(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many attempts are written down, and return them, newest first."""
        found: list[dict[str, Any]] = await self.yard.stage.until_rows(
            "SELECT * FROM webhook_attempt WHERE webhook_id = :id ORDER BY id DESC", count, id=self.id
        )
        return found

    async def deliveries(self) -> list[dict[str, Any]]:
        return await self.yard.stage.rows(
            "SELECT * FROM webhook_delivery WHERE webhook_id = :id ORDER BY id", id=self.id
        )

    async def until_taken(self, count: int) -> None:
        """Wait until the receiver has taken so many, and the hub has written that down."""
        await self.yard.stage.until_rows(
            "SELECT 1 FROM webhook_delivery WHERE webhook_id = :id AND state = 'delivered'", count, id=self.id
        )


class Sober(random.Random):
    """No chance at all."""

    def random(self) -> float:
        return 0.0


@asynccontextmanager
async def yard(stage: Stage, api: Api, receiver: Receiver, tell: Tell | None = None) -> AsyncIterator[Yard]:
    """Deliver as long as the block; what webhooks the default caller has go with it."""
    stop, found = asyncio.Event(), Yard(stage, api, receiver)
    deliver = webhooks.deliver(api.settings, stop, lambda: found.ahead, Schedule(Sober()), tell)
    delivering = asyncio.create_task(deliver)
    entry = (stop, delivering)
    stage._running.append(entry)  # whoever waits hears of its end
    try:
        yield found
    finally:
        stage._running.remove(entry)
        stop.set()
        await delivering
        await stage.change("DELETE FROM webhook")
