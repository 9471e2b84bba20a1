"""The benchmark's checks on real servers: right work passes, and every way of being wrong is noticed."""

import json
from pathlib import Path

import pytest

from bench.candidates.candidate import Stand
from bench.candidates.hub import Hub
from bench.candidates.peers import Streams
from bench.ground.ground import Ground
from bench.model import Expected
from bench.peers import messages, rules
from bench.records import Workload, Written
from bench.results import Found
from tests.stage import Stage

pytestmark = pytest.mark.integration
ORDERS = 60


async def _faults_of_hub(stand: Stand, workload: Workload, expected: Expected) -> list[str]:
    found = Found("hub", "throughput")
    await Hub(1).check(stand, workload, expected, found)
    return found.faults


async def test_the_hub_works_the_workload_off_as_its_model_says_and_tampering_is_noticed(
    ground: Ground, stage: Stage, tmp_path: Path
) -> None:
    hub = Hub(1)
    workload = hub.workload(ORDERS)
    expected = hub.expected(workload)
    url = stage.settings.database_url().replace("+asyncpg", "")
    stand = Stand(ground, stage.settings.kafka.prefix.rstrip("."), url, tmp_path)
    await ground.log.write(stand.prefix, workload.records)

    stage.start_hub()
    await stage.until_read()
    await stage.until_rows(
        "SELECT 1 FROM (SELECT bool_and(batch = emitted) AS published FROM shard) AS s WHERE published"
    )

    assert await hub.finished(stand, workload, expected, 0)
    assert await _faults_of_hub(stand, workload, expected) == []

    event = (await stage.records("order.events"))[0]
    await stage.stop_hubs()
    await stage.write("order.events", key=event.key, value=event.value, headers=event.headers)
    assert "events came more than once" in " ".join(await _faults_of_hub(stand, workload, expected))

    order_id = next(iter(expected.orders))
    status = (await stage.records("order.status"))[0]
    old = json.loads(status.value or b"{}") | {"status": "draft"}
    await stage.write("order.status", key=order_id.encode(), value=json.dumps(old).encode())
    assert "1 orders end otherwise than in the model" in await _faults_of_hub(stand, workload, expected)

    await stage.change("DELETE FROM journal WHERE order_id = :o AND type LIKE 'order.placed%'", o=order_id)
    faults = await _faults_of_hub(stand, workload, expected)
    assert "1 facts were never applied" in faults
    assert "1 copies of facts, or poison, left a trace in the journal" in faults

    await stage.write("shop.events.dlt", key=b"x", value=b"{}")
    assert any("dead letters" in fault for fault in await _faults_of_hub(stand, workload, expected))


async def test_a_peer_that_loses_doubles_or_invents_something_is_not_correct(ground: Ground, tmp_path: Path) -> None:
    peer = Streams()
    workload = peer.workload(ORDERS)
    expected = peer.expected(workload)
    right = _right(workload)
    status = [each for each in right if each.topic == messages.STATUS]
    history = [each for each in right if each.topic == messages.HISTORY]
    dead = [each for each in right if each.topic == messages.DEAD_LETTERS]
    told = json.loads(status[-1].value)
    told["data"]["status"] = "lost in transit"
    wrong = status[-1]._replace(value=json.dumps(told).encode())
    made = {
        "right": (right, ""),
        "lost": ([*status[1:], *history, *dead], "1 status events never came"),
        "doubled": ([*right, status[0]], "1 status events came more than once"),
        "wrong": ([*status[:-1], wrong, *history, *dead], "1 orders end otherwise than in the model"),
        "unapplied": ([*status, *history[1:], *dead], "1 facts were never applied"),
        "reapplied": ([*right, history[0]], "1 facts were applied more than once"),
        "alive": ([*status, *history, *dead[1:]], "1 poison records are no dead letters, or others are"),
    }

    for name, (records, fault) in made.items():
        stand = Stand(ground, f"bench-{tmp_path.name.replace('_', '-')}-{name}", "", tmp_path)
        await peer.prepare(stand)
        await ground.log.write(stand.prefix, records)
        found = Found("streams", "throughput")
        await peer.check(stand, workload, expected, found)
        assert fault in found.faults if fault else found.faults == [], name
        await ground.topics.delete(stand.prefix)


def _right(workload: Workload) -> list[Written]:
    """Return what a peer without a fault writes."""
    records = []
    events = {}
    for each in workload.records:
        try:
            event = messages.EVENT.validate_json(each.value)
            events[str(event.id)] = event
        except ValueError:
            records.append(Written(messages.DEAD_LETTERS, each.key, each.value, (), each.at))
    for order_id, facts in workload.facts.items():
        order: rules.Order | None = None
        for fact in facts:
            before, order = order, rules.apply(order, events[fact.id])
            assert order is not None
            line = json.dumps([order_id, order.version, fact.id]).encode()
            records.append(Written(messages.HISTORY, order_id, line, (), 0))
            was = before.status if before else None
            if order.status != was:
                value = rules.status_event(order_id, order, was, fact.id)
                records.append(Written(messages.STATUS, order_id, value, (), 0))
    return [each._replace(at=each.at or 1_793_491_200_000) for each in records]
