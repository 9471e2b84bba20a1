"""A recording that is worked off again: what its checks take for right, and that each of them notices what is wrong."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench import workload
from bench.candidates.candidate import Stand
from bench.candidates.hub import Hub
from bench.ends import Led, check_orders
from bench.ground.ground import Ground
from bench.recording import Recording, identity, in_order
from bench.records import Recorded
from bench.replay import Replay, check_proof, check_records, proved
from bench.results import Found
from bench.traces import Place, Taken, settled, written
from contracts.partitioning import home
from tests.stage import SHARDS, TOKEN_KEY, Stage

AT = datetime(2026, 11, 1, tzinfo=UTC)


def record(event: str, topic: str = "shop.events", key: str = "o1", *, partition: int = 0) -> Recorded:
    """A record of an event."""
    headers = (("ce_source", b"/partners/test"), ("ce_id", event.encode()), ("ce_type", b"order.placed.v1"))
    return Recorded(topic, partition, key.encode(), headers, b"{}")


def end(status: str = "delivered", **fields: Any) -> dict[str, Any]:
    """The last status of an order."""
    return {"status": status, "alerts": [], "flags": [], "links": [], "waiting": []} | fields


# -- the order of the records --------------------------------------------------------------------------------------


def test_records_come_in_the_order_in_which_the_hub_took_them() -> None:
    found: list[tuple[Place, Recorded]] = [
        (("shop.events", 0, 0), record("placed")),
        (("hub.commands", 0, 0), record("command", "hub.commands")),
        (("carrier.events", 1, 0), record("scan", "carrier.events", partition=1)),
    ]
    taken = {found[0][0]: Taken(AT, 4, 2), found[1][0]: Taken(AT, 4, 1), found[2][0]: Taken(AT, 1, 1)}

    assert [each.value and identity(each) for _, each in in_order(found, taken)] == [
        ("/partners/test", "command"),
        ("/partners/test", "placed"),
        ("/partners/test", "scan"),
    ]


def test_a_copy_stays_behind_its_original_and_in_its_place_in_the_partition() -> None:
    found: list[tuple[Place, Recorded]] = [
        (("shop.events", 0, 0), record("copied", partition=0)),
        (("shop.events", 0, 3), record("last", partition=0)),
        (("shop.events", 1, 0), record("copied", partition=1)),
        (("shop.events", 1, 1), record("other", partition=1)),
    ]
    later = AT.replace(hour=1)
    taken = {found[0][0]: Taken(AT, 1, 1), found[1][0]: Taken(later, 2, 1), found[3][0]: Taken(later, 1, 1)}

    assert [place for place, _ in in_order(found, taken)] == [each[0] for each in (found[0], found[2], *found[1::2])]


def test_an_event_is_known_by_source_and_id_in_either_mode_of_cloudevents() -> None:
    structured = Recorded("carrier.events", 0, b"o1", (), b'{"source": "/partners/test", "id": "e1"}')

    assert identity(structured) == identity(record("e1"))
    assert identity(structured._replace(value=None)) is None
    assert identity(structured._replace(value=b"[")) is None


def test_a_status_is_compared_without_its_times_and_versions() -> None:
    told = {"status": "sent", "version": 7, "waiting": [{"message": "carrier.delivered", "due_at": "2026-11-01"}]}

    assert settled(told) == {"status": "sent", "waiting": [{"message": "carrier.delivered"}]}


# -- the end of each record ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({("shop.events", 0, 2): []}, "1 records ended in no way, and are no copies"),
        ({("shop.events", 1, 0): []}, "1 records ended in no way, and are no copies"),
        ({("shop.events", 0, 0): [], ("shop.events", 0, 1): ["applied"]}, ""),
        ({("shop.events", 0, 1): ["forwarded"]}, ""),
        ({("shop.events", 0, 1): ["late"]}, "1 records ended in several ways, or were decided on again"),
        ({("shop.events", 0, 0): ["applied", "late"]}, "1 records ended in several ways, or were decided on again"),
        ({("shop.events", 1, 0): ["applied"]}, "1 dead letters of the recording are none"),
        ({("shop.events", 0, 2): ["dead_letter"]}, "1 records are dead letters, and were none in the recording"),
    ],
)
def test_every_record_ends_in_one_way_and_only_a_copy_in_none(changes: dict[Place, list[str]], fault: str) -> None:
    poison = Recorded("shop.events", 1, b"o1", (), b"{")
    recording = Recording(1, {}, [record("e1"), record("e1"), poison, record("e2")], dead={2})
    ends = {
        ("shop.events", 0, 0): ["applied"],
        ("shop.events", 1, 0): ["dead_letter"],
        ("shop.events", 0, 2): ["parked"],
    }
    found = Found("hub:1", "lifecycle")

    check_records(recording, ends | changes, Led({}, {}, {}), found)

    assert found.faults[:1] == ([fault] if fault else [])


def test_an_id_that_is_used_again_may_be_told_otherwise_to_an_order_that_heard_otherwise() -> None:
    recording = Recording(1, {}, [record("e1")], heard={"o1": ("a", "b")})
    ends = {("shop.events", 0, 0): ["dead_letter"]}
    same, other = Found("hub:1", "lifecycle"), Found("hub:1", "lifecycle")

    check_records(recording, ends, Led({}, {"o1": ("a", "b")}, {}), same)
    check_records(recording, ends, Led({}, {"o1": ("b", "a")}, {}), other)

    assert same.faults == ["1 records are dead letters, and were none in the recording"]
    assert other.faults == []
    assert len(other.detail["dead_otherwise"]) == 1


# -- the end of each order -----------------------------------------------------------------------------------------


def orders(
    *commands: str, ends: dict[str, Any] | None = None, heard: dict[str, tuple[str, ...]] | None = None
) -> tuple[Found, set[str]]:
    """Compare a recording of two orders, one of them opened by the other, with a run that differs as told."""
    mine = {"o1": end(links=["x1"]), "x1": end("draft", links=["o1"])}
    recording = Recording(
        1,
        {},
        [record("c1", "hub.commands", key) for key in commands],
        mine,
        {"o1": ("a", "b"), "x1": ("exchange.open",)},
        {"x1": {"another order"}},
    )
    led = Led(
        {name: each for name, each in (mine | (ends or {})).items() if each is not None},
        recording.heard | (heard or {}),
        {},
    )
    found = Found("hub:1", "lifecycle")
    return found, check_orders(recording, led, found)


FAULT = ["1 orders end otherwise than in the recording"]
TURNED: dict[str, tuple[str, ...]] = {"o1": ("b", "a")}


def test_orders_that_end_as_recorded_are_right() -> None:
    found, excused = orders()

    assert found.faults == []
    assert found.detail["orders"]["compared"] == found.detail["orders"]["heard_the_same"] == 2
    assert excused == set()


def test_an_order_that_heard_the_same_must_end_the_same() -> None:
    assert orders("o1", ends={"o1": end("sent", links=["x1"])})[0].faults == FAULT
    assert orders("o1", ends={"o1": end(alerts=["carrier"], links=["x1"])})[0].faults == FAULT


def test_another_order_of_facts_may_only_lead_to_other_alerts() -> None:
    alerted, excused = orders(ends={"o1": end(alerts=["carrier"], flags=["alerted"], links=["x1"])}, heard=TURNED)

    assert alerted.faults == []
    assert alerted.detail["orders"]["other_alerts_only"] == 1
    assert alerted.detail["orders"]["otherwise_by_fields"] == {"alerts, flags": ["o1"]}
    assert excused == set()
    assert orders(ends={"o1": end("sent", links=["x1"])}, heard=TURNED)[0].faults == FAULT


def test_a_command_that_comes_in_another_order_may_lead_to_another_end_which_is_counted() -> None:
    found, excused = orders("o1", ends={"o1": end("sent", links=["x1"])}, heard=TURNED)

    assert found.faults == []
    assert found.detail["orders"]["another_end"] == 1
    assert found.detail["orders"]["brought_by_the_hub"] == {"nothing": 1}
    assert excused == {"o1", "x1"}


def test_an_order_is_only_missing_where_the_order_that_opens_it_differs_in_that() -> None:
    opened, _ = orders("o1", ends={"o1": end(), "x1": None}, heard=TURNED)

    assert opened.faults == []
    assert opened.detail["orders"]["opened_in_one_only"] == 1
    assert orders("o1", ends={"x1": None}, heard=TURNED)[0].faults == FAULT
    assert orders("o1", ends={"o2": end()}, heard=TURNED)[0].faults == FAULT


def test_a_copy_of_an_order_that_was_commanded_differs_where_it_was_told_something_else() -> None:
    told = {**TURNED, "x1": ("exchange.open with other lines",)}
    shorter = {"x1": end("draft", lines=[], links=["o1"])}

    assert orders("o1", ends=shorter, heard=told)[0].faults == []
    assert orders("o1", ends=shorter, heard=TURNED)[0].faults == FAULT
    assert orders(ends=shorter, heard=told)[0].faults == FAULT


def test_a_parcel_that_was_never_sent_is_no_dead_letter_of_an_order_that_heard_otherwise() -> None:
    scan = record("e1", "carrier.events", "ref:T1")
    recording = Recording(
        1, {}, [scan], {"o1": end(shipments=[{"tracking_number": "T1"}])}, {"o1": ("a", "b")}, dead={0}
    )
    ends = {("carrier.events", 0, 0): ["waiting"]}
    same, other = Found("hub:1", "lifecycle"), Found("hub:1", "lifecycle")

    check_records(recording, ends, Led({}, {"o1": ("a", "b")}, {}), same)
    check_records(recording, ends, Led({}, {"o1": ("b", "a")}, {}), other)

    assert same.faults == ["1 dead letters of the recording are none"]
    assert other.faults == []


def test_the_proof_may_only_find_other_sums_of_orders_that_were_led_otherwise() -> None:
    money = {"kind": "money", "where": "order o1", "detail": "captured is 0"}
    lost = {"kind": "lost", "where": "order o1", "detail": "not in the log"}

    def faults(*differences: dict[str, str], total: int | None = None) -> list[str]:
        found = Found("hub:1", "lifecycle")
        number = len(differences) if total is None else total
        check_proof({"differences": list(differences), "checks": [{"differences": number}]}, {"o1"}, found)
        return found.faults

    assert faults() == []
    assert faults(money) == []
    assert faults(money | {"where": "order o2"}) == ["1 differences found by hub verify"]
    assert faults(lost) == ["1 differences found by hub verify"]
    assert faults(money, total=3) == ["2 differences found by hub verify"], "what isn't listed can't be explained"


# -- on real servers -----------------------------------------------------------------------------------------------


async def _faults(replay: Replay, stand: Stand) -> list[str]:
    found = Found("hub:1", "lifecycle")
    await replay.check(stand, found)
    return found.faults


@pytest.mark.integration
async def test_what_a_hub_did_is_recorded_agrees_with_itself_and_tampering_is_noticed(
    ground: Ground, stage: Stage, tmp_path: Path
) -> None:
    url = stage.settings.database_url().replace("+asyncpg", "")
    stand = Stand(ground, stage.settings.kafka.prefix.rstrip("."), url, tmp_path)
    made = workload.for_hub(20)
    await ground.log.write(stand.prefix, made.records)
    stage.start_hub()
    await stage.until_read()
    hub = Hub(1, {"HUB_SHARDS": str(SHARDS), "HUB_TOKEN_KEY": TOKEN_KEY})
    recording = Recording(20, hub.environment(stand))
    replay = Replay(recording, hub)

    await stage.until(lambda: replay.finished(stand, 0), "all is read and published")
    await stage.stop_hubs()
    await recording.keep(stand)

    assert len(recording.records) == len(made.records)
    assert recording.ends.keys() == made.facts.keys()
    assert len(recording.dead) == made.poison
    assert {len(each) for each in recording.heard.values()} == {len(each) for each in made.facts.values()}
    assert await _faults(replay, stand) == []

    order_id = next(iter(made.facts))
    await stage.change("UPDATE journal SET event_id = 'x' WHERE order_id = :o AND seq = 1", o=order_id)
    assert any("hub verify" in fault for fault in await _faults(replay, stand))
    await stage.change("DELETE FROM journal WHERE order_id = :o", o=order_id)
    assert any("records ended in no way" in fault for fault in await _faults(replay, stand))
    status = await stage.write("order.status", key=order_id.encode(), value=b'{"status": "draft", "links": []}')
    assert "1 orders end otherwise than in the recording" in await _faults(replay, stand), status
    await stage.write("shop.events", key=b"o", value=b"{}")
    assert not await replay.finished(stand, 0)
    with pytest.raises(RuntimeError, match="hub verify ended with"):
        await proved(Hub(1, {"HUB_SHARDS": "no number"}), stand)


@pytest.mark.integration
async def test_a_recording_is_written_again_byte_for_byte_into_the_same_partitions_with_times_of_a_backlog(
    ground: Ground, stage: Stage, tmp_path: Path
) -> None:
    prefix = f"{stage.settings.kafka.prefix}again."
    await ground.topics.create([f"{prefix}shop.events", f"{prefix}hub.commands"], SHARDS)
    records = [
        record("e1", partition=1 - home("o1", SHARDS)),
        Recorded("hub.commands", 0, b"o1", (("hub-token", b"t"), ("odd", b"\xff")), None),
        Recorded("shop.events", 0, b"", (), b""),
        record("e1", partition=1),
    ]
    recording = Recording(1, {}, records)

    await ground.log.write_recorded(prefix, records)

    stand = Stand(ground, prefix.rstrip("."), "", tmp_path)
    found = dict(await written(stand, ("shop.events", "hub.commands")))
    assert [found[place] for place in recording.places()] == records
    times = {}
    for topic in ("shop.events", "hub.commands"):
        async for each in ground.log.read_raw(prefix + topic):
            times[topic, each.partition, each.offset] = each.timestamp
    ordered = [times[place] for place in recording.places()]
    assert [after - before for before, after in pairwise(ordered)] == [1, 1, 1]

    async def refused() -> str:
        """A broker takes a topic's new setting in a moment of its own."""
        while True:
            try:
                await ground.log.write_recorded(prefix, records)
            except RuntimeError as error:
                return str(error)
            await asyncio.sleep(0.1)

    assert "other times" in await asyncio.wait_for(refused(), 60)
