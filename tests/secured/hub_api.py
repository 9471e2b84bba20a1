"""The hub's API with a realm as its identity provider, and what it answers to whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from tests.api.server import Api, running_api
from tests.secured import howto
from tests.secured.realm import Realm
from tests.stage import Stage


@asynccontextmanager
async def trusting(stage: Stage, realm: Realm, **changed: Any) -> AsyncIterator[Api]:
    """Run an API that takes the realm's tokens, set as the how-to tells."""
    async with running_api(stage, oidc=howto.settings(realm, **changed), failed_sign_ins_per_minute=100_000) as api:
        yield api


async def asked(api: Api, token: str, path: str = "/v1/me") -> httpx2.Response:
    """Ask with a token."""
    return await api.client.get(f"{api.base}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=60)


async def answered(api: Api, token: str) -> tuple[int, str]:
    """Return the status and the code of the answer to the question who one is."""
    answer = await asked(api, token)
    return answer.status_code, answer.json().get("code", "")
