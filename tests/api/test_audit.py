"""The audit: who did what, and what was refused to whom."""

import asyncio

import pytest

from domain import rights
from tests.api.server import Api

pytestmark = pytest.mark.integration


async def test_two_hundred_refusals_are_one_row_that_counts_them(beside: Api) -> None:
    eve = beside.as_(rights.READ, name="eve")

    answers = await asyncio.gather(*(eve.get("/v1/ops/shards") for _ in range(200)))
    await eve.get("/v1/ops/health")

    assert {each.status_code for each in answers} == {403}
    rows = (await beside.get("/v1/ops/refusals")).json()
    told = {each["route"]: (each["caller"], each["code"], each["count"]) for each in rows}
    assert told == {
        "/v1/ops/shards": ("hub|eve", "scope", 200),
        "/v1/ops/health": ("hub|eve", "scope", 1),
    }
    assert all(each["first_at"] <= each["at"] for each in rows)


async def test_refusals_of_an_older_version_stand_beside_those_that_are_counted(beside: Api) -> None:
    older = (
        "INSERT INTO api_refusal (caller, method, route, code, detail) VALUES ('hub|eve', 'GET', '/r', 'scope', 'd')"
    )
    for _ in range(2):
        await beside.stage.change(older)

    rows = (await beside.get("/v1/ops/refusals")).json()

    assert [(each["route"], each["count"]) for each in rows] == [("/r", 1), ("/r", 1)]
