"""Acts over HTTP: carried out once, refused with what helps, answered from the journal."""

import asyncio

import pytest

from tests.api.server import Api
from tests.integration.messages import approve

pytestmark = pytest.mark.integration
SALE = {
    "number": "W-1",
    "store": "lille",
    "currency": "EUR",
    "customer": {"id": "c-1", "name": "Zoe", "email": "zoe@example.org"},
    "shipping_address": {"street": "1 rue Basse", "city": "Lille", "postcode": "59800", "country": "FR"},
    "lines": [{"line": 1, "sku": "shirt-M", "model": "shirt", "quantity": 1, "unit_price": 2000}],
}


async def ordered(api: Api, order_id: str = "o-1") -> None:
    """An order that waits for the warehouse."""
    await approve(api.stage, order_id)
    await api.stage.until_state(order_id, "availability_requested")


async def test_an_order_is_held_and_let_go_on(api: Api) -> None:
    await ordered(api)
    seen = await api.get("/v1/orders/o-1")
    version = seen.json()["version"]

    done = await api.act("/v1/orders/o-1/hold", {"reason": "customer calls back"}, version=version)

    assert done.status_code == 200, done.text
    assert done.json()["order"]["holds"] == ["csr"]
    assert done.headers["etag"] == f'"{version + 1}"'
    again = await api.act("/v1/orders/o-1/holds/csr", {"reason": "called"}, method="DELETE", version=version + 1)
    assert again.json()["order"]["holds"] == []


async def test_the_same_key_is_one_act(api: Api) -> None:
    await ordered(api)

    answers = await asyncio.gather(*(api.act("/v1/orders/o-1/notes", {"text": "called"}, key="k-1") for _ in range(8)))

    assert {each.status_code for each in answers} == {200}
    assert len({each.json()["command_id"] for each in answers}) == 1
    rows = await api.stage.rows("SELECT 1 FROM journal WHERE type = 'order.comment.v1'")
    assert len(rows) == 1


async def test_a_lost_race_says_what_changed(api: Api) -> None:
    await ordered(api)
    version = (await api.get("/v1/orders/o-1")).json()["version"]
    await api.act("/v1/orders/o-1/hold", {"reason": "a"}, version=version)

    lost = await api.act("/v1/orders/o-1/suspend", {"reason": "b"}, version=version)

    problem = lost.json()
    assert (lost.status_code, problem["code"]) == (412, "stale_version")
    assert problem["current"]["version"] == version + 1
    assert [each["what"] for each in problem["changes"]] == ["order.hold.v1"]


@pytest.mark.parametrize("said", ["true", "1", "yes", "on"])
async def test_what_is_only_tried_is_not_done_however_that_is_said(api: Api, said: str) -> None:
    await ordered(api)
    before = (await api.get("/v1/orders/o-1")).json()

    held = await api.act(f"/v1/orders/o-1/hold?dry_run={said}", {"reason": "a"}, version=before["version"])
    freed = await api.act(f"/v1/orders/o-1/lock?dry_run={said}", method="DELETE")

    assert (held.status_code, held.json()["dry_run"], held.json()["order"]["holds"]) == (200, True, ["csr"])
    assert (freed.status_code, freed.json()["dry_run"]) == (409, True)
    assert (await api.get("/v1/orders/o-1")).json()["version"] == before["version"]
    assert await api.stage.rows("SELECT 1 FROM api_call") == []


@pytest.mark.parametrize("said", ["true", "yes"])
async def test_a_lock_of_another_agent_ends_by_force_however_that_is_said(api: Api, said: str) -> None:
    await ordered(api)
    await api.as_(name="bea").act("/v1/orders/o-1/lock")

    polite = await api.act("/v1/orders/o-1/lock", method="DELETE")
    forced = await api.act(f"/v1/orders/o-1/lock?force={said}", method="DELETE")

    assert (polite.status_code, polite.json()["code"]) == (423, "locked_by")
    assert (forced.status_code, forced.json()["order"]["lock"]) == (200, None)


async def test_a_list_shows_what_its_caller_did_before(api: Api) -> None:
    await ordered(api)
    version = (await api.get("/v1/orders/o-1")).json()["version"]

    for path, method, expected in (("hold", "POST", ["o-1"]), ("holds/csr", "DELETE", [])):
        done = await api.act(f"/v1/orders/o-1/{path}", {"reason": "a"}, method=method, version=version)
        version = done.json()["version"]
        told = await api.get("/v1/orders", params={"hold": "csr", "after": done.json()["command_id"]})
        assert [each["order_id"] for each in told.json()["items"]] == expected
    theirs = await api.as_(name="bea").get("/v1/orders", params={"after": done.json()["command_id"]})
    assert theirs.status_code == 200  # nobody waits for another one's act


async def test_one_word_in_the_body_chooses_what_a_route_does(api: Api) -> None:
    drafted = await api.act("/v1/orders", SALE)
    placed = await api.act("/v1/orders", SALE | {"number": "W-2", "submit": True})
    faulty = await api.act("/v1/orders", SALE | {"lines": [], "submit": True})
    voided = await api.act(f"/v1/orders/{drafted.json()['order']['order_id']}/void", {"call": True})

    assert (drafted.status_code, drafted.json()["order"]["state"]) == (201, "draft")
    assert (placed.status_code, placed.json()["order"]["state"]) == (201, "payment_pending")
    assert (faulty.status_code, faulty.json()["code"]) == (422, "data_invalid")
    assert voided.json()["caused"].count("call.voided.v1") == 1


async def test_an_item_is_corrected_without_its_orders_address(api: Api) -> None:
    await ordered(api)

    done = await api.act("/v1/items/shirt/correct", {"order": "o-1", "reason": "weighs 2 kg"})
    nameless = await api.act("/v1/items/shirt/correct", {"reason": "weighs 2 kg"})

    assert done.status_code in (200, 409), done.text
    assert done.json().get("code") in (None, "gate")
    assert (nameless.status_code, nameless.json()["code"]) == (422, "data_invalid")


async def test_a_command_belongs_to_the_trace_of_its_request(api: Api) -> None:
    await ordered(api)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    here = (await api.get("/v1/events")).json()["next_cursor"]

    done = await api.act(
        "/v1/orders/o-1/notes", {"text": "called"}, headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    )

    (record,) = await api.stage.records("hub.commands")
    assert done.headers["x-trace-id"] == trace
    assert (record.header("traceparent") or b"").split(b"-")[1] == trace.encode()
    told = [event for event in await api.stage.records("order.events") if event.header("traceparent")]
    assert {(event.header("ce_type") or b"").decode() for event in told} == {"note.added.v1", "command.accepted.v1"}
    spans = [(event.header("traceparent") or b"").decode().split("-")[1:3] for event in [record, *told]]
    assert {of for of, _ in spans} == {trace}
    assert len({span for _, span in spans}) == 3

    async def noted() -> list[str]:
        events = (await api.get(f"/v1/events?after={here}")).json()["items"]
        return [each["traceparent"].split("-")[1] for each in events if each["type"] == "note.added.v1"]

    assert await api.stage.until(noted, "the note is told") == [trace]


async def test_an_act_is_answered_again_though_another_right_would_be_needed_by_now(api: Api) -> None:
    clerk = api.as_("orders.read", "orders.manage", name="ann")
    made = await clerk.act("/v1/orders", SALE | {"kind": "support", "reason": "gift", "submit": True})
    assert made.status_code == 201, made.text
    order, version = made.json()["order"]["order_id"], made.json()["version"]
    first = await clerk.act(f"/v1/orders/{order}/approve", {"reason": "gift"}, version=version, key="k-1")
    assert first.status_code == 200, first.text

    again = await clerk.act(f"/v1/orders/{order}/approve", {"reason": "gift"}, version=version, key="k-1")
    anew = await clerk.act(f"/v1/orders/{order}/approve", {"reason": "gift"}, version=version + 1)

    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert again.json()["command_id"] == first.json()["command_id"]
    assert anew.status_code in (403, 409)
