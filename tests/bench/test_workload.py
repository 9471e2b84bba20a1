"""The benchmark's workload: the same for ever, readable by whom it is for, and what its models make of it."""

from collections import Counter
from hashlib import sha256

import pytest

from bench import identity, model, workload
from bench.peers import messages, rules
from bench.records import Workload, Written
from contracts.decoding import BrokenContract, decode
from contracts.topics import BY_NAME
from domain.deciding.identity import derive, rma_code
from domain.orders.goods import availability
from domain.orders.money import authorisation, capture

ORDERS = 400


def _digest(records: list[Written]) -> str:
    return sha256(repr(records).encode()).hexdigest()[:16]


def test_the_workload_is_the_same_in_every_run() -> None:
    assert _digest(workload.for_peers(ORDERS).records) == "64a4f73950b4ab8e"
    assert _digest(workload.for_hub(ORDERS).records) == "18a83b7559771baa"


@pytest.mark.parametrize("made", [workload.for_peers(ORDERS), workload.for_hub(ORDERS)], ids=["peers", "hub"])
def test_shares_of_duplicates_poison_and_early_records_are_as_promised(made: Workload) -> None:
    total = len(made.records)

    assert total == made.unique + made.duplicates + made.poison
    assert made.unique == sum(len(facts) for facts in made.facts.values())
    assert 0.02 < made.duplicates / total < 0.04
    assert 0.005 < made.poison / total < 0.015
    assert 0.003 < made.early / total < 0.01


def test_both_dresses_tell_of_the_same_orders_poison_and_events() -> None:
    peers, hub = workload.for_peers(ORDERS), workload.for_hub(ORDERS)
    named = {fact.id for facts in peers.facts.values() for fact in facts}

    assert peers.facts.keys() == hub.facts.keys()
    assert peers.poison == hub.poison
    assert named <= {fact.id for facts in hub.facts.values() for fact in facts}
    assert hub.unique == peers.unique + hub.added


def test_every_record_of_the_hub_keeps_its_contract_but_the_poison() -> None:
    made = workload.for_hub(ORDERS)
    good = {fact.id for facts in made.facts.values() for fact in facts}
    codes: Counter[str] = Counter()

    for record in made.records:
        topic = BY_NAME[record.topic]
        try:
            decoded = decode(topic, topic.by_type, record.key.encode(), record.headers, record.value)
        except BrokenContract as broken:
            codes["torn" if "Invalid JSON" in broken.detail else broken.code] += 1
        else:
            assert decoded.envelope.id in good
            assert decoded.subject == record.key

    assert codes.total() == made.poison
    assert abs(codes["torn"] - codes["data_invalid"]) <= 1


def test_every_record_of_the_peers_is_valid_but_the_poison() -> None:
    made = workload.for_peers(ORDERS)
    refused = 0

    for record in made.records:
        try:
            messages.EVENT.validate_json(record.value)
        except ValueError:
            refused += 1

    assert refused == made.poison


def test_ids_that_the_hub_derives_are_foreseen() -> None:
    order_id = "01a19467-e800-752e-89a7-834df2a74de4"
    shipment = identity.derived(order_id, "shipment", 1)

    assert shipment == derive(order_id, "shipment", 1)
    assert identity.derived(order_id, "authorization", 1) == authorisation.authorization_id(order_id, 1)
    assert identity.derived(order_id, "capture") == capture.capture_id(order_id)
    assert identity.derived(order_id, "availability", shipment, 1) == availability.request_id(order_id, shipment, 1)
    assert identity.rma_code(order_id, "/shop/account", "r-1") == rma_code(order_id, "/shop/account", "r-1")


def test_the_model_of_the_peers_ends_where_their_rules_do() -> None:
    made = workload.for_peers(ORDERS)
    expected = model.of_peers(made)
    events = {}
    for record in made.records:
        try:
            event = messages.EVENT.validate_json(record.value)
        except ValueError:
            continue
        events[str(event.id)] = event

    for order_id, facts in made.facts.items():
        order: rules.Order | None = None
        told = {}
        for fact in facts:
            before = order
            order = rules.apply(order, events[fact.id])
            assert order is not None
            if before is None or order.status != before.status:
                told[order_id, str(order.version)] = frozenset({order.status})
        assert order is not None
        end = expected.orders[order_id]
        assert (order.status, order.version, order.updated_at) == (end["status"], end["version"], end["updated_at"])
        assert [line._asdict() for line in order.lines] == end["lines"]
        assert told.items() <= expected.statuses.items()
        assert told.keys() == {key for key in expected.statuses if key[0] == order_id}


def test_the_model_of_the_hub_knows_every_kind_of_end() -> None:
    expected = model.of_hub(workload.for_hub(4_000))
    ends = Counter(end["status"] for end in expected.orders.values())

    assert {"delivered", "risk_review"} <= set(ends) <= {"delivered", "risk_review", "processing"}
    assert any(end["returns"] == ["validated"] for end in expected.orders.values())
    assert any(key[1] == "order.processing" for key in expected.statuses)
