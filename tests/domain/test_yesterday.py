"""Orders that the version before left: their documents are read, hold the laws of today, and every fact decides them.

`data/orders-of-rules-4.json` has an order in each situation, as rules of version 4 wrote it.
"""

import json
from pathlib import Path

import pytest

from domain.deciding.decision import Known
from domain.orders import facts
from domain.orders.aggregate import ORDER, RULES
from domain.orders.decide import receive
from domain.orders.documents import order_document, order_from
from tests.domain.world import BOSS, received, samples
from verification import invariants, money

YESTERDAY = json.loads((Path(__file__).parent / "data/orders-of-rules-4.json").read_text())
each_order = pytest.mark.parametrize("name", YESTERDAY)


def test_they_are_from_before() -> None:
    assert RULES > 4
    assert len(YESTERDAY) > 50


@each_order
def test_a_stored_order_is_read_and_written_to_the_same_end(name: str) -> None:
    order = order_from(YESTERDAY[name])

    assert not order.extra
    assert order_from(order_document(order)) == order
    assert ORDER.columns(order).state == YESTERDAY[name]["state"]
    ORDER.status(order).encoded()


@each_order
def test_a_stored_order_keeps_the_laws_of_today(name: str) -> None:
    order = order_from(YESTERDAY[name])

    assert invariants.faults(order) == []
    assert money.faults(order) == []


@each_order
def test_every_fact_decides_a_stored_order_and_leaves_it_sound(name: str) -> None:
    order = order_from(YESTERDAY[name])
    for fact in samples(order):
        actor = BOSS if isinstance(fact, facts.Command) else None
        after = receive(order, received(fact, "today", actor=actor), Known())[-1].after

        assert invariants.faults(after) == [], fact
        assert money.faults(after) == [], fact
        assert order_from(order_document(after)) == after, fact
