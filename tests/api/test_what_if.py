"""What if: orders decided again by other choices; nothing of them is changed."""

from typing import Any

import pytest

from domain import rights
from hub.desk import what_if
from hub.desk.what_if import Asked
from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration


async def tried(api: Api, policy: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await api.act("/v1/ops/what-if", {"policy": policy, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def approved(api: Api, *orders: str) -> None:
    for order in orders:
        await approve(api.stage, order)
    for order in orders:
        await api.stage.until_state(order, "availability_requested")


async def test_the_same_choices_make_no_difference(api: Api) -> None:
    await approved(api, "o-1", "o-2")

    told = await tried(api, {"logistics_pieces": 0, "fraud_answer": "PT1H"}, orders=["o-1", "o-2"])

    counts, rest = ("looked_at", "left_out", "differ", "unknown"), told.keys() - {"looked_at"}
    assert [told[each] for each in counts] == [2, 0, 0, 0]
    assert not any(told[each] for each in rest)


async def test_a_question_is_bounded_in_all(api: Api) -> None:
    await approved(api, "o-1", "o-2")
    entries = len((await api.get("/v1/orders/o-1/timeline")).json()["items"])

    told = await what_if.compare(api.stage.desk, Asked({}, ["o-1", "o-2"], entries=entries), None)

    assert (told.looked_at, told.left_out) == (1, 1)


async def test_another_choice_tells_where_it_would_have_mattered(api: Api) -> None:
    await approved(api, "o-1")
    before = (await api.get("/v1/orders/o-1")).json()

    (difference,) = (await tried(api, {"logistics_pieces": 1}, orders=["o-1"]))["differences"]

    after = (await api.get("/v1/orders/o-1")).json()
    entry = (await api.get(f"/v1/orders/o-1/timeline/{difference['seq']}")).json()
    assert (difference["state"], difference["order_id"]) == ("availability_requested", "o-1")
    assert (difference["would_be"], difference["unknown"]["what"]) == (None, "order.release_hold")
    assert difference["unknown"]["state"] != difference["state"]
    assert "H-03" in difference["would"]
    assert (entry["what"], "H-03" in entry["rules"]) == (difference["what"], False)
    assert "/holds/0" in {each["path"] for each in difference["fields"]}
    assert before == after


async def test_a_deadline_comes_when_the_other_choice_sets_it(api: Api) -> None:
    await approved(api, "o-1")

    (difference,) = (await tried(api, {"availability_answer": "PT0.001S"}, orders=["o-1"]))["differences"]

    assert difference["seq"] is None
    changed = {each["path"]: each["after"] for each in difference["fields"]}
    assert "availability_late" in str(changed), changed


async def test_the_newest_orders_are_tried_where_none_are_named(api: Api) -> None:
    await approved(api, "o-1", "o-2")
    done = await api.act("/v1/orders/o-2/notes", {"text": "called"})
    await api.get("/v1/orders", params={"after": done.json()["command_id"]})

    told = await tried(api, {"logistics_pieces": 1}, limit=10)
    elsewhere = await tried(api.as_(rights.OPERATE, stores=("paris",)), {"logistics_pieces": 1})

    assert (told["looked_at"], told["unknown"]) == (2, 2)
    assert (elsewhere["looked_at"], elsewhere["unknown"]) == (0, 0)


@pytest.mark.parametrize(
    "policy", [{"no_such": 1}, {"working_days": []}, {"refund_cap": "much"}, {"time_zone": "Nowhere"}, {}]
)
async def test_choices_that_are_none_are_refused(beside: Api, policy: dict[str, Any]) -> None:
    answer = await beside.act("/v1/ops/what-if", {"policy": policy})

    assert (answer.status_code, answer.json()["code"]) == (422, "data_invalid")
    assert answer.json()["errors"]


async def test_who_reads_no_orders_sees_nothing_personal(api: Api) -> None:
    await approved(api, "o-1")

    told = await tried(api.as_(rights.OPERATE), {"logistics_pieces": 1}, orders=["o-1"])

    assert told["unknown"] == 1
    assert "ada@example.org" not in str(told)
