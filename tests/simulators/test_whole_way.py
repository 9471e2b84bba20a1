"""The partners together: orders go their whole way, and whatever doesn't is explained."""

import json
from collections import Counter

import pytest

from contracts.decoding import BrokenContract, decode
from simulators import PRESETS, Simulation
from simulators.planned import Trick
from tests.simulators.world import World

FINAL = {"delivered", "refunded", "cancelled"}


def played(preset: str, seed: int = 1, orders: int = 200) -> World:
    world = World(Simulation("none:9092", orders, seed, PRESETS[preset], token="signed"))
    world.play()
    return world


def states(world: World) -> Counter[str]:
    return Counter(order.state for order in world.hub.orders.values())


def test_without_mischief_every_order_is_delivered_or_refunded() -> None:
    world = played("none")

    assert set(states(world)) == {"delivered", "refunded"}
    assert sum(states(world).values()) == 200


def test_about_a_third_of_the_delivered_orders_comes_back() -> None:
    world = played("none")

    assert 40 <= states(world)["refunded"] <= 80
    assert world.ledger.counts["returns_requested"] == states(world)["refunded"]
    assert world.ledger.counts["returns_for_exchange"] > 0


@pytest.mark.parametrize("seed", range(1, 6))
def test_with_mischief_what_does_not_end_is_explained(seed: int) -> None:
    world = played("high", seed)

    explained = {entry["order_id"] for entries in world.ledger.document()["explained"].values() for entry in entries}
    stuck = {order.id for order in world.hub.orders.values() if order.state not in FINAL}
    assert stuck <= explained
    assert len(stuck) <= 10
    assert not world.ledger.objections


def test_every_trick_and_every_poison_is_played_and_counted() -> None:
    world = played("high", orders=600)

    counts = world.ledger.counts
    assert all(counts[trick.value] > 0 for trick in Trick)
    assert len(world.ledger.poison) == 7
    assert counts["silences"] > 0
    assert counts["numbers_reused"] > 1
    assert counts["reservations_lapsing"] > 0
    assert counts["commands_accepted"] > 0
    assert set(world.ledger.rejections) >= {"scope", "stale_version", "unknown_order"}


def test_poison_breaks_its_contract_and_nothing_else_does() -> None:
    world = played("high")

    for planned, record in world.written:
        if planned.poison is None:
            decode(planned.topic, planned.topic.by_type, record.key, record.headers, record.value)
        else:
            with pytest.raises(BrokenContract):
                decode(planned.topic, planned.topic.by_type, record.key, record.headers, record.value)
    assert sum(world.unreadable.values()) == sum(world.ledger.poison.values()) > 0


def test_an_id_says_the_same_unless_it_is_reused_on_purpose() -> None:
    world = played("high")

    contents: dict[tuple[str, str], set[bytes]] = {}
    for planned, _ in world.written:
        if planned.poison is None and Trick.ID_REUSED not in planned.tricks:
            contents.setdefault((planned.source, planned.id), set()).add(planned.message.encoded())
    assert all(len(found) == 1 for found in contents.values())


def test_the_same_seed_plays_the_same_records() -> None:
    first, second = played("high", orders=50), played("high", orders=50)

    assert [record for _, record in first.written] == [record for _, record in second.written]
    assert first.ledger.document() == second.ledger.document()


def test_another_seed_plays_others() -> None:
    first, second = played("high", 1, orders=20), played("high", 2, orders=20)

    assert not first.ledger.orders & second.ledger.orders


def test_the_books_are_plain_json_and_agree_with_the_records() -> None:
    world = played("low")

    books = json.loads(json.dumps(world.ledger.document()))
    executed = {p.message.refund_id for p, _ in world.written if p.message.name == "refund.executed"}  # type: ignore[attr-defined]
    assert set(books["refunds"]) == executed
    assert books["orders"]["placed"] == 200
    assert sum(books["records"].values()) == len(world.written) == books["counts"]["records"]
