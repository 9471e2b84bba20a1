"""The how-to of following orders: what it tells to type works, and its tables say what is so."""

import asyncio
import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Final

import pytest

from hub.api.application import application
from hub.api.streams import EventsModel
from hub.desk.live import Reason
from hub.settings import Settings
from tests.api.books import Books
from tests.api.follower import STREAM, Following
from tests.api.server import Api, running_api
from tests.docs.pages import rows_of
from tests.stage import Stage

pytestmark = pytest.mark.integration

PAGE: Final = (Path(__file__).parents[2] / "docs/howto/follow-orders.md").read_text()
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
PYTHON: Final = next(block for language, block in BLOCKS if language == "python")
JSON: Final = next(block for language, block in BLOCKS if language == "json")
CURLS: Final = [
    line
    for language, block in BLOCKS
    if language == "console"
    for line in block.splitlines()
    if line.startswith("curl")
]


async def test_what_is_to_be_typed_is_answered(books: Books, beside: Api, follower: Following) -> None:
    await books.store("order-0001", kind="order.sent.v1")
    for line in CURLS:
        words = shlex.split(line.replace("$HUB", beside.base).replace("$TOKEN", beside.stage.token()))
        address = next(word for word in words if word.startswith(beside.base)).removeprefix(beside.base)
        header = dict([words[words.index("-H") + 1].split(": ", 1)])
        if address.startswith(STREAM):
            reader = follower()
            reader.token = header["Authorization"].removeprefix("Bearer ")
            await reader.open(beside.base, address.removeprefix(STREAM))
            assert await reader.until(1)
        else:
            page = (await beside.client.get(beside.base + address.replace("wait=20", "wait=0"), headers=header)).json()
            assert page.keys() == json.loads(JSON).keys() == EventsModel.model_fields.keys()
    assert len(CURLS) == 3


async def test_the_program_goes_on_where_it_was(books: Books, stage: Stage, tmp_path: Path) -> None:
    seen: list[str] = []
    for _ in range(2):  # and between them the process of the API and the program end
        await books.store("a", "b")
        async with running_api(stage, project=False) as api:
            environment = os.environ | {"HUB": api.base, "TOKEN": stage.token()}
            program = await asyncio.create_subprocess_exec(
                sys.executable, "-c", PYTHON, cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
            )
            await books.store("a", "c")
            assert program.stdout is not None
            while len(set(seen)) < sum(map(len, books.told.values())):
                line = await asyncio.wait_for(program.stdout.readline(), 40)
                seen.append(line.decode().split()[0])
            program.kill()  # perhaps before it has kept its cursor
            await program.wait()

    assert sorted(set(seen)) == sorted(each for ids in books.told.values() for each in ids)


def test_its_tables_name_what_there_is() -> None:
    reasons = {row[0].strip("`") for row in rows_of(PAGE, "Why a stream ends")}
    table = PAGE.split("| parameter | gives |")[1].split("\n\n")[0]
    named = {name for row in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for name in re.findall(r"\w+", row)}
    declared = application(Settings()).openapi()["paths"][STREAM]["get"]["parameters"]

    assert reasons == set(Reason) - {Reason.GONE}
    assert named == {each["name"] for each in declared if each["in"] == "query"}
    assert {each["name"] for each in declared if each["in"] == "header"} == {"Last-Event-ID"}
