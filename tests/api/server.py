"""A running API on a real socket, with clients that sign in as they are told to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
from pydantic import SecretStr

from adapters import keys
from adapters.postgres.roles import Role
from hub.api import serving
from hub.settings import Settings
from hub.telemetry.process import Telemetry
from tests.stage import Stage, as_role

API_KEY, _ = keys.new_pair()


@dataclass
class Api:
    """A running API, and a client of it."""

    stage: Stage
    settings: Settings
    base: str
    client: httpx2.AsyncClient
    _headers: dict[str, str] = field(default_factory=dict)

    def as_(self, *scopes: str, name: str = "ann", stores: Sequence[str] = ("*",)) -> "Api":
        """The same API for another caller; with all scopes if none are named."""
        token = self.stage.token(*scopes, name=name, stores=stores)
        return Api(self.stage, self.settings, self.base, self.client, {"Authorization": f"Bearer {token}"})

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self._ask("GET", path, **more)

    async def act(
        self,
        path: str,
        body: object = None,
        *,
        method: str = "POST",
        key: str | None = None,
        version: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """Do an act, under a fresh key if none is given, for the version that was seen."""
        own = {"Idempotency-Key": key or str(uuid4())}
        if version is not None:
            own["If-Match"] = f'"{version}"'
        return await self._ask(method, path, json=body or {}, headers=own | (headers or {}))

    async def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        return await self.client.request(
            method, f"{self.base}{path}", headers=self._headers | (headers or {}), timeout=30, **more
        )


def api_settings(stage: Stage, **changed: Any) -> Settings:
    """A stage's settings for an API on a free port; the hub trusts it."""
    told = {"port": 0, "key": SecretStr(API_KEY), "acts_per_second": 1000, "requests_per_second": 5000}
    told |= {"wait": timedelta(seconds=20), **changed}  # however slow the machine is, tests want the answer
    settings = stage.settings.model_copy(update={"api": stage.settings.api.model_copy(update=told)})
    return as_role(settings, Role.API)


@asynccontextmanager
async def running_api(stage: Stage, telemetry: Telemetry | None = None, **changed: Any) -> AsyncIterator[Api]:
    """Run an API as long as the block; it tells `telemetry` how it is."""
    settings = api_settings(stage, **changed)
    stop, where = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving_ = asyncio.create_task(serving.serve(settings, stop, where.set_result, telemetry))
    async with httpx2.AsyncClient(timeout=30) as client:
        try:
            await asyncio.wait({serving_, where}, return_when=asyncio.FIRST_COMPLETED)
            if not where.done():
                await serving_
            yield Api(stage, settings, where.result(), client).as_()
        finally:
            stop.set()
            await serving_
