"""The realm is imported as the how-to says, by Keycloak's own tool."""

import asyncio
import os
import re
from pathlib import Path

import httpx2
import pytest

from adapters.embedded import java
from adapters.embedded.progress import Silent
from tests.secured import distribution, howto
from tests.secured.keycloak import PASSWORD, Keycloak
from tests.secured.realm import FILE, Realm

pytestmark = [pytest.mark.secured, pytest.mark.integration, pytest.mark.timeout(900)]
BLOCK = re.compile(r"^```console\n(bin/kcadm\.sh .*?)^```$", re.DOTALL | re.MULTILINE)


async def test_the_lines_of_the_howto_import_the_realm(keycloak: Keycloak, tmp_path: Path) -> None:
    found = BLOCK.search(howto.PAGE.read_text(encoding="utf-8"))
    assert found is not None
    typed = found[1].replace("https://id.example", keycloak.base).replace("bin/kcadm.sh", "$KEYCLOAK/bin/kcadm.sh")
    (tmp_path / FILE.name).write_bytes(FILE.read_bytes())
    home = {"KEYCLOAK": str(distribution.provide(Silent())), "JAVA_HOME": str(java.find().parents[1])}
    script = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", typed),
        cwd=tmp_path,
        env={**os.environ, **home, "HOME": str(tmp_path), "KC_CLI_PASSWORD": PASSWORD},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await script.communicate()
    assert script.returncode == 0, said.decode()

    async with httpx2.AsyncClient(timeout=120) as client:
        realm = Realm(keycloak.base, "shop", client)
        names = {each["clientId"] for each in await realm.ask("GET", "/clients")}
        await realm.ask("DELETE", "")
    assert names >= {"desk", "reports"}
