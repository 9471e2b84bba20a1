"""The realm that the how-to gives, on a running Keycloak: imported as it stands, and changed as administrators do."""

import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.secured.keycloak import ADMIN, PASSWORD

FILE: Final = Path(__file__).parents[2] / "docs" / "examples" / "keycloak-realm.json"
SIGNING_KEYS: Final = "org.keycloak.keys.KeyProvider"


def committed() -> dict[str, Any]:
    """Return the realm as the documents give it."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@dataclass
class Realm:
    """A realm of one test, by its administrator's hands."""

    base: str
    name: str
    client: httpx2.AsyncClient
    passwords: dict[str, str] = field(default_factory=dict)
    """Of each person, as set after the import: the file has none."""

    @property
    def issuer(self) -> str:
        """What its tokens say they are from."""
        return f"{self.base}/realms/{self.name}"

    def endpoint(self, name: str) -> str:
        """Return the address of one of its endpoints."""
        return f"{self.issuer}/protocol/openid-connect/{name}"

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask its administration; `path` begins behind the realm's own."""
        token = await _administrators_token(self.client, self.base)
        answer = await self.client.request(
            method,
            f"{self.base}/admin/realms/{self.name}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def add_client(self, client: str, like: str, **attributes: str) -> None:
        """Make a client like one that the file has, with other attributes."""
        found = next(each for each in committed()["clients"] if each["clientId"] == like)
        changed = {**found, "clientId": client, "attributes": found["attributes"] | attributes}
        await self.ask("POST", "/clients", changed)

    async def remove_scope(self, client: str, scope: str) -> None:
        """Take a client scope from a client."""
        scopes = {each["name"]: each["id"] for each in await self.ask("GET", "/client-scopes")}
        await self.ask("DELETE", f"/clients/{await self._client(client)}/default-client-scopes/{scopes[scope]}")

    async def secret(self, client: str) -> str:
        """Return a client's secret, which Keycloak has drawn."""
        found = await self.ask("GET", f"/clients/{await self._client(client)}/client-secret")
        return str(found["value"])

    async def add_key(self, priority: int) -> None:
        """Add a key that signs, if no other has a higher priority."""
        config = {"priority": [str(priority)], "enabled": ["true"], "active": ["true"], "algorithm": ["RS256"]}
        made = {"name": f"key-{priority}", "providerId": "rsa-generated", "providerType": SIGNING_KEYS}
        await self.ask("POST", "/components", made | {"config": config})

    async def remove_key(self, kid: str) -> None:
        """Remove the key with this id."""
        keys = (await self.ask("GET", "/keys"))["keys"]
        component = next(each["providerId"] for each in keys if each["kid"] == kid)
        await self.ask("DELETE", f"/components/{component}")

    async def give_passwords(self) -> None:
        """Give every person a password."""
        for user in await self.ask("GET", "/users"):
            self.passwords[user["username"]] = secrets.token_urlsafe(16)
            new = {"type": "password", "value": self.passwords[user["username"]], "temporary": False}
            await self.ask("PUT", f"/users/{user['id']}/reset-password", new)

    async def _client(self, name: str) -> str:
        found = await self.ask("GET", f"/clients?clientId={name}")
        return str(found[0]["id"])


@asynccontextmanager
async def imported(base: str, **changed: Any) -> AsyncIterator[Realm]:
    """Import the realm under a name of its own, and remove it at the end of the block."""
    name = f"shop-{secrets.token_hex(4)}"
    async with httpx2.AsyncClient(timeout=120) as client:
        token = await _administrators_token(client, base)
        told: Mapping[str, Any] = {**committed(), "realm": name, **changed}
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post(f"{base}/admin/realms", json=told, headers=headers)
        assert answer.is_success, answer.text
        realm = Realm(base, name, client)
        await realm.give_passwords()
        try:
            yield realm
        finally:
            await realm.ask("DELETE", "")


async def _administrators_token(client: httpx2.AsyncClient, base: str) -> str:
    wished = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": PASSWORD}
    answer = await client.post(f"{base}/realms/master/protocol/openid-connect/token", data=wished)
    answer.raise_for_status()
    return str(answer.json()["access_token"])
