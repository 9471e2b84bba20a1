"""What if: orders decided again by other choices; nothing of them is changed."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import order_reads
from contracts.carriers import CarrierDelivered
from contracts.message import Request
from contracts.payments import PaymentRefused
from contracts.topics import OUTBOUND
from contracts.warehouse import PickingStarted
from domain import rights
from domain.deciding.values import changed
from domain.orders.order import Order, Payment, State
from hub.api import what_if_jobs
from hub.desk import what_if
from hub.desk.differing import Sums
from hub.desk.replayed import ANSWERED, Question, Run, unanswered
from hub.desk.what_if import Asked
from hub.processes import environment_of
from tests.api.server import Api, running_api
from tests.integration.messages import approve, authorized, captured, placed, send
from tests.stage import Stage

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


TOLD = {"AvailabilityCancelled", "FlashCancelRequested", "FraudConfirmed", "ShipmentCancelled", "EmailRequested"}
"""Requests that nobody answers."""


def test_of_every_request_is_known_whether_it_is_answered() -> None:
    requests = {each for topic in OUTBOUND for each in topic.messages if issubclass(each, Request)}

    assert {each.__name__ for each in requests - ANSWERED.keys()} == TOLD


def test_what_was_answered_before_it_would_be_asked_is_unknown() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def run(turn: int, answered: int | None) -> Run:
        order = Order.shell("o-1")
        asked = {"q": Question(PickingStarted.name, "warehouse", at, 1, "confirmed", turn)}
        return Run(order, asked=asked, answered={} if answered is None else {"q": answered})

    assert unanswered(run(1, 3), run(2, None)) is None
    assert unanswered(run(1, None), run(9, None)) is None
    assert unanswered(run(1, 3), run(3, None)) == run(3, None).asked["q"]
    assert unanswered(Run(Order.shell("o-1")), run(1, None)) == run(1, None).asked["q"]


def test_what_differs_is_summed_up_over_orders() -> None:
    sums, at = Sums(), datetime(2026, 1, 1, tzinfo=UTC)

    def run(state: State, hours: int, captured: int = 0) -> Run:
        order = changed(Order.shell("o-1"), state=state, currency="EUR", payment=Payment(captured=captured))
        due = at + timedelta(hours=2 * hours)
        return Run(order, states={"sent": at + timedelta(hours=hours)}, deadlines={("delivery", "s-1"): due})

    for hours in (1, 3, -8):
        sums.add(run(State.SENT, 10), run(State.SENT, 10 + hours))
    sums.add(run(State.SENT, 10, captured=4500), run(State.CANCELLED, 10, captured=4000))
    sums.add_unknown(Question("fraud.scored", "fraud service", at, None, None, 0))

    assert [(each.state, each.would_be, each.orders) for each in sums.outcomes] == [("sent", "cancelled", 1)]
    assert [(each.currency, each.orders, each.charged, each.would_be_charged) for each in sums.money] == [
        ("EUR", 1, 4500, 4000)
    ]
    hour = 3600.0
    assert [(each.what, each.name, each.earlier, each.later) for each in sums.times] == [
        ("state", "sent", 1, 2),
        ("deadline", "delivery", 1, 2),
    ]
    assert [(each.median_seconds, each.largest_seconds) for each in sums.times] == [
        (hour, -8 * hour),
        (2 * hour, -16 * hour),
    ]
    assert [(each.what, each.orders) for each in sums.unanswered] == [("fraud.scored", 1)]


async def test_a_time_limit_that_moves_is_told_in_time_and_is_no_other_outcome(api: Api) -> None:
    await approved(api, "o-1", "o-2")

    told = await tried(api, {"availability_answer": "PT13H"}, orders=["o-1", "N-o-2"])

    (shift,) = told["times"]
    assert (shift["what"], shift["name"], shift["earlier"], shift["later"]) == ("deadline", "availability", 0, 2)
    assert (shift["median_seconds"], shift["largest_seconds"]) == (3600, 3600)
    assert (told["differ"], told["unknown"], told["outcomes"], told["money"]) == (2, 0, [], [])


async def test_what_nobody_was_asked_is_unknown_and_in_no_other_sum(api: Api) -> None:
    await api.stage.say("shop.events", placed("N-1"), "o-1")
    refused = PaymentRefused(request_id=authorized("o-1").request_id)
    await api.stage.say("payment.events", refused, "o-1")
    await api.stage.until_rows("SELECT 1 FROM journal WHERE type LIKE 'payment.refused%'")

    told = await tried(api, {"payment_retry": "PT0.001S"}, orders=["o-1"])

    (difference,) = told["differences"]
    unknown = difference["unknown"]
    assert told["unanswered"] == [{"what": "payment.authorized", "party": "payment service", "orders": 1}]
    assert (told["differ"], told["unknown"], told["outcomes"], told["times"]) == (0, 1, [], [])
    assert (unknown["what"], unknown["seq"], difference["would_be"]) == ("payment.authorized", None, None)
    assert unknown["state"] == difference["state"] == "payment_pending"


async def test_another_outcome_is_counted_by_both_states(api: Api) -> None:
    await approved(api, "o-1")
    await send(api.stage, "o-1", "T-1")
    await captured(api.stage, "o-1")
    await api.stage.say("carrier.events", CarrierDelivered(tracking_number="T-1"), "o-1")
    await api.stage.until_state("o-1", "delivered")

    told = await tried(api, {"closing": "PT0.001S"}, orders=["o-1"])

    assert told["outcomes"] == [{"state": "delivered", "would_be": "completed", "orders": 1}]
    assert (told["differ"], told["unknown"], told["money"]) == (1, 0, [])


async def test_postgresql_lets_it_only_read(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await approved(api, "o-1")
    history, tries = order_reads.history, []

    async def writing(engine: AsyncEngine, order_id: str, until: int) -> Any:
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError, match="read-only transaction") as refused:
                await connection.execute(text("UPDATE orders SET version = version + 1"))
            tries.append(refused)
        return await history(engine, order_id, until)

    monkeypatch.setattr(order_reads, "history", writing)
    told = await what_if.compare(api.stage.desk, Asked({"logistics_pieces": 1}, ["o-1"]), None)

    assert (told.unknown, len(tries)) == (1, 1)
    async with api.stage.desk.engine.begin() as connection:  # others write on, over the same connections
        await connection.execute(text("UPDATE orders SET version = version WHERE order_id = 'none'"))


async def commanded(api: Api, *options: str) -> tuple[int, str, str]:
    """Run `hub what-if` where no Kafka is to be had; return its code and what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub", "what-if", *options),
        env=environment_of(api.settings) | {"COLUMNS": "200", "HUB_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    return process.returncode or 0, out.decode(), error.decode()


async def test_the_command_says_the_same_and_needs_no_kafka(api: Api) -> None:
    await approved(api, "o-1", "o-2")
    before = await api.stage.rows("SELECT count(*) AS n FROM journal")

    code, out, error = await commanded(
        api, "--policy", "logistics_pieces=1", "--order", "o-1", "--order=N-o-2", "--json"
    )
    told = await tried(api, {"logistics_pieces": 1}, orders=["o-1", "o-2"])
    people = await commanded(api, "--policy=logistics_pieces=1", "--order=o-1")
    wrong = await commanded(api, "--policy", "refund_cap=much")

    assert (code, error.splitlines()[-1]) == (0, '{"looked_at": 2, "of": 2, "differ": 0, "unknown": 2}')
    said = json.loads(out)
    assert [said[each] for each in ("looked_at", "unknown", "unanswered")] == [2, 2, told["unanswered"]]
    assert {each["order_id"] for each in said["differences"]} == {"o-1", "o-2"}
    assert (people[0], "nobody knows how they would have gone on" in people[1]) == (0, True)
    assert "order.release_hold" in people[1]
    assert (wrong[0], "refund_cap" in wrong[2]) == (2, True)
    assert before == await api.stage.rows("SELECT count(*) AS n FROM journal")


JOBS = "/v1/ops/what-if/jobs"


async def ended(api: Api, where: str) -> dict[str, Any]:
    async def over() -> dict[str, Any] | None:
        job: dict[str, Any] = (await api.get(where)).json()
        return None if job["state"] == "running" else job

    found: dict[str, Any] = await api.stage.until(over, "the job has ended")
    return found


async def test_a_job_is_followed_to_its_result_by_who_began_it_alone(api: Api) -> None:
    await approved(api, "o-1")
    ann = api.as_(rights.OPERATE)

    begun = await ann.act(JOBS, {"policy": {"logistics_pieces": 1}, "orders": ["o-1"]})
    second = await ann.act(JOBS, {"policy": {"logistics_pieces": 1}})
    job = await ended(ann, begun.headers["location"])
    at_once = await tried(ann, {"logistics_pieces": 1}, orders=["o-1"])
    other = await api.as_(rights.OPERATE, name="bob").get(begun.headers["location"])
    listed = (await ann.get(JOBS)).json()["items"]

    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    assert (second.status_code, second.json()["code"]) == (429, "rate")
    assert (job["state"], job["why"], job["progress"]["looked_at"]) == ("done", None, 1)
    assert job["result"] == at_once
    assert "ada@example.org" not in str(job)
    assert (other.status_code, "another process" in other.json()["detail"]) == (404, True)
    assert [(each["id"], each["result"]) for each in listed] == [(job["id"], None)]


async def test_a_job_sees_the_orders_of_its_callers_stores_alone(api: Api) -> None:
    await approved(api, "o-1")

    async def looked_at(*stores: str) -> int:
        caller = api.as_(rights.OPERATE, stores=stores)
        begun = await caller.act(JOBS, {"policy": {"logistics_pieces": 1}, "orders": ["o-1"]})
        job = await ended(caller, begun.headers["location"])
        count: int = job["result"]["looked_at"]
        return count

    assert [await looked_at("paris"), await looked_at("lille"), await looked_at()] == [0, 1, 0]


async def test_an_order_is_named_as_it_is_whatever_its_name_holds(api: Api) -> None:
    await approved(api, "o,1")

    begun = await api.act(JOBS, {"policy": {"logistics_pieces": 1}, "orders": ["o,1"]})
    job = await ended(api, begun.headers["location"])

    assert [each["order_id"] for each in job["result"]["differences"]] == ["o,1"]


async def test_a_job_that_cannot_begin_ends_and_makes_room_for_the_next(
    beside: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setattr(sys, "executable", "/no/such/program")
        begun = await beside.act(JOBS, {"policy": {"logistics_pieces": 1}})
        job = await ended(beside, begun.headers["location"])
    after = await beside.act(JOBS, {"policy": {"logistics_pieces": 1}})

    assert (job["state"], job["why"]) == ("failed", "it ended without an answer")
    assert job["ended_at"] is not None
    assert after.status_code == 202


async def test_a_job_that_is_stopped_ends_its_process(beside: Api) -> None:
    begun = await beside.act(JOBS, {"policy": {"logistics_pieces": 1}})
    where = begun.headers["location"]

    stopped = await beside.act(where, method="DELETE")
    again = await beside.act(where, method="DELETE")

    assert [(each.status_code, each.json()["state"]) for each in (stopped, again)] == [(200, "stopped")] * 2
    assert await children() == []


async def test_a_job_ends_with_the_api(stage: Stage) -> None:
    async with running_api(stage, project=False) as api:
        begun = await api.act(JOBS, {"policy": {"logistics_pieces": 1}})
        assert begun.status_code == 202

    assert await children() == []


async def test_a_job_that_takes_too_long_is_ended(beside: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if_jobs, "WALL_SECONDS", 0.01)

    begun = await beside.act(JOBS, {"policy": {"logistics_pieces": 1}})
    job = await ended(beside, begun.headers["location"])

    assert (job["state"], job["result"]) == ("failed", None)
    assert "choose fewer orders" in job["why"]
    assert await children() == []


@pytest.mark.parametrize(
    ("bounds", "work", "error"),
    [("1, 0", "while True: pass", "--seconds"), ("0, 1024", "bytearray(2**31)", "MemoryError")],
)
async def test_a_command_that_is_bounded_takes_no_more(bounds: str, work: str, error: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"from hub.cli.what_if import bound\nbound({bounds})\n{work}"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()

    assert (process.returncode, error in told.decode()) == (1, True)


async def children() -> Sequence[str]:
    """Return the what-ifs that this process has begun and that have not ended."""
    process = await asyncio.create_subprocess_exec(
        *("ps", "-o", "args=", "--ppid", str(os.getpid())), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return [line for line in out.decode().splitlines() if " what-if " in line]
