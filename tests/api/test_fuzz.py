"""The API against its own description: whatever the schema allows or forbids, no answer is one that it doesn't name."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.api.server import Api, running_api
from tests.integration.messages import approve
from tests.stage import Stage

pytestmark = pytest.mark.integration
EXAMPLES, SEED = os.environ.get("FUZZ_EXAMPLES", "1"), os.environ.get("FUZZ_SEED", "1")
PHASES = os.environ.get("FUZZ_PHASES", "fuzzing,stateful")
"""`make fuzz` goes through all of them, with more examples and a fresh seed."""


@pytest.mark.timeout(900)
async def test_the_api_keeps_its_own_description(api: Api, tmp_path: Path) -> None:
    await approve(api.stage, "o-1")
    await api.stage.until_state("o-1", "availability_requested")
    await api.get("/openapi.json")  # made at the first question, for which the tool waits 10 s and no longer
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        f"{api.base}/openapi.json",
        "--header",
        f"Authorization: Bearer {api.stage.token()}",
        "--seed",
        SEED,
        "--max-examples",
        EXAMPLES,
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--request-timeout",
        "60",
        "--mode",
        "all",
        *(("--phases", PHASES) if PHASES else ()),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()

    assert process.returncode == 0, told.decode()[-30_000:]


async def test_the_description_is_the_same_wherever_it_is_asked_for(stage: Stage) -> None:
    async with running_api(stage) as api:
        document = (await api.get("/openapi.json")).json()

    assert document["openapi"].startswith("3.1")
    assert {"/v1/orders/{order}", "/v1/orders/{order}/hold", "/v1/commands/{command}"} <= set(document["paths"])
