"""The how-tos of the API are true: every command of them is run against a running hub, in order."""

import asyncio
import os
import re
import shutil
import socket
import sys
from pathlib import Path

import pytest

from contracts.shop import Address, Customer, OrderLine, OrderPlaced
from hub import webhooks
from tests.api.server import Api, running_api
from tests.api.webhook_yard import settings_for
from tests.stage import Stage

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
HOWTOS = ROOT / "docs" / "howto"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
ORDER = OrderPlaced(
    number="W-4018227",
    store="lille",
    currency="EUR",
    customer=Customer(id="c-1", name="Zoé Vasseur"),
    shipping_address=Address(street="1 rue Basse", city="Lille", postcode="59800", country="FR"),
    lines=(OrderLine(line=1, sku="shirt-M", quantity=2, unit_price=2000),),
    shipping_fee=500,
)


def script(page: str, api: Api) -> str:
    """All commands of a page in one script that ends at the first failure; the address and tokens are the test's."""
    blocks = "\n".join(BLOCK.findall((HOWTOS / page).read_text(encoding="utf-8")))
    blocks = re.sub(r"^export HUB=.*$", f"export HUB={api.base}", blocks, flags=re.MULTILINE)
    blocks = re.sub(r"^export TOKEN=.*$", f"export TOKEN={api.stage.token()}", blocks, flags=re.MULTILINE)
    return f"set -euo pipefail\n{blocks}"


def environment(folder: Path) -> dict[str, str]:
    """The environment of the commands: a machine without curl gets one."""
    if shutil.which("curl") is not None:
        return dict(os.environ)
    tool = folder / "bin" / "curl"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/bash\ncd {ROOT} && OUT="$OLDPWD" exec {sys.executable} -m tests.api.curl "$@"\n')
    tool.chmod(0o755)
    return {**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}"}


async def run(page: str, api: Api, folder: Path, port: str = "9000") -> str:
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script(page, api).replace("9000", port),
        cwd=folder,
        env=environment(folder),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    return told.decode()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


async def listed(api: Api) -> None:
    deadline = asyncio.get_running_loop().time() + 60
    while not (await api.get("/v1/orders?q=W-4018227")).json().get("items"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.1)


async def test_a_desk_tool_is_built_as_its_page_says(api: Api, tmp_path: Path) -> None:
    await api.stage.say("shop.events", ORDER, "o-1")
    await api.stage.until_state("o-1", "payment_pending")
    await listed(api)

    told = await run("build-a-desk-tool.md", api, tmp_path)

    order = (await api.get("/v1/orders/o-1")).json()
    assert (order["holds"], order["lines"][0]["quantity"], order["totals"]["shipping"]["amount"]) == ([], 1, 0)
    assert order["contact"]["customer"]["phone"] == "+33612345678"
    assert '"dry_run":true' in told


async def test_a_partner_sends_events_as_its_page_says(api: Api, tmp_path: Path) -> None:
    told = await run("partner-over-http.md", api, tmp_path)

    await api.stage.until_state("order-1001", "payment_pending")
    assert '"verdict":"accepted"' in told
    assert '"valid":true' in told


async def test_a_receiver_of_webhooks_works_as_its_page_says(stage: Stage, tmp_path: Path) -> None:
    page = (HOWTOS / "webhooks.md").read_text(encoding="utf-8")
    (receiver,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "receiver.py").write_text(receiver)
    stage.settings = settings_for(stage)
    async with running_api(stage) as api:
        stop = asyncio.Event()
        delivering = asyncio.create_task(webhooks.deliver(api.settings, stop))
        told = await run("webhooks.md", api, tmp_path, port=str(free_port()))
        await stage.until_rows("SELECT 1 FROM webhook_attempt")
        stop.set()
        await delivering

    assert '"type": "order.created.v1"' in told
    assert 204 in {row["status"] for row in await stage.rows("SELECT status FROM webhook_attempt")}
