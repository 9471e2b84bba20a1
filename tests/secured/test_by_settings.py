"""Real processes of the hub, set as the how-to tells: a person of one store works, and is known by name."""

from pathlib import Path

import httpx2
import pytest
from pydantic_core import to_json

from adapters import keys
from adapters.embedded import ports
from tests.e2e.fleet import Fleet
from tests.integration.messages import placed
from tests.secured import howto
from tests.secured.realm import Realm
from tests.secured.signing_in import by_browser, by_secret
from tests.stage import Stage

pytestmark = [pytest.mark.secured, pytest.mark.integration, pytest.mark.e2e, pytest.mark.timeout(900)]
PATIENCE = 180.0


async def test_a_person_works_on_the_orders_of_his_stores(stage: Stage, realm: Realm, tmp_path: Path) -> None:
    private, public = keys.new_pair()
    (port,) = ports.some(1)
    base = f"http://{ports.HOST}:{port}"
    (tmp_path / "api").mkdir()
    issuers = to_json({"api": {"public_key": public}}).decode()
    hub = Fleet(stage, tmp_path, 1, settings={"HUB_ISSUERS": issuers})
    told = howto.told(realm) | {"HUB_API__KEY": private, "HUB_API__PORT": str(port), "HUB_API__WAIT": "PT30S"}
    api = Fleet(stage, tmp_path / "api", 1, command=("api",), settings=told)
    try:
        await hub.start()
        await api.start()
        await stage.say("shop.events", placed("N-1"), "o-lille")
        await stage.say("shop.events", placed("N-2", store="lyon"), "o-lyon")
        async with httpx2.AsyncClient(base_url=base, timeout=120) as client:
            await stage.until(lambda: ready(client), "the API is ready", PATIENCE)
            await stage.until(lambda: both_there(stage), "both orders are there", PATIENCE)
            await works(client, realm)
    finally:
        await api.stop()
        await hub.stop()


async def works(client: httpx2.AsyncClient, realm: Realm) -> None:
    """Let everybody do what he may, and try what he may not."""
    ada, leo, olga = [bearer((await by_browser(realm, name)).access) for name in ("ada", "leo", "olga")]
    reports = bearer((await by_secret(realm, "reports", "orders.read")).access)
    seen = {
        (name, order): (await client.get(f"/v1/orders/{order}", headers=who)).status_code
        for name, who in (("ada", ada), ("leo", leo), ("olga", olga), ("reports", reports))
        for order in ("o-lille", "o-lyon")
    }
    noted = await client.post(
        "/v1/orders/o-lille/notes", headers=ada | {"Idempotency-Key": "ada-1"}, json={"text": "called at nine"}
    )
    denied = await client.post(
        "/v1/orders/o-lille/notes", headers=reports | {"Idempotency-Key": "r-1"}, json={"text": "from a service"}
    )
    timeline = (await client.get("/v1/orders/o-lille/timeline", headers=leo)).text
    hidden = (await client.get("/v1/orders/o-lille", headers=olga)).json()["hidden"]

    assert {pair for pair, status in seen.items() if status == 404} == {("ada", "o-lyon"), ("reports", "o-lyon")}
    assert set(seen.values()) == {200, 404}
    assert noted.status_code == 200, noted.text
    assert (denied.status_code, denied.json()["code"]) == (403, "scope")
    assert '"ada"' in timeline
    assert hidden


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def ready(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


async def both_there(stage: Stage) -> bool:
    return all([await stage.state(order) for order in ("o-lille", "o-lyon")])
