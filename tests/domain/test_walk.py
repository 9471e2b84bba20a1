"""A walk over every pair of an order's state and a fact: no pair raises, and none breaks what must always hold."""

import pytest

from contracts.message import Id
from domain.deciding.codec import FACTS
from domain.deciding.decision import Known, Outcome
from domain.orders import facts
from domain.orders.decide import receive
from domain.orders.documents import order_document, order_from
from domain.orders.lifecycle import TABLE
from domain.orders.money.balance import balance
from domain.orders.order import RANK, Order, State
from domain.orders.rules import RULES
from domain.orders.view.projection import status_of
from domain.orders.view.waiting import waiting
from tests.domain.story import SCRIPTS, every_shape
from tests.domain.world import ADDRESS, BOSS, CUSTOMER, FieldHasNoExample, played, received, samples
from verification.invariants import faults


def test_the_situations_cover_every_state() -> None:
    seen = {order.state for order in every_shape().values()}

    assert seen == {None, *State}, (
        "bring an order there by a story in story/states.py, with its shape in story/shapes.py"
    )


def test_every_fact_has_a_rule() -> None:
    assert set(RULES) == {fact for fact in FACTS.values() if fact.aggregate == "order"} - {facts.Fact, facts.Command}


def test_a_fact_that_no_example_is_known_of_says_where_to_add_one() -> None:
    class ParcelWeighed(facts.Fact):
        shipment_id: Id
        grams: int
        scale: Id = "north"

    with pytest.raises(FieldHasNoExample) as told:
        list(samples(Order.shell("order-1"), [ParcelWeighed]))

    assert str(told.value) == (
        "No example of ParcelWeighed can be made: give its field `grams` a value in tests/domain/world/examples.py. "
        "One for all classes with such a field goes to FIELDS, one for ParcelWeighed alone to KINDS, "
        "its `lines` to LINES_OF."
    )


@pytest.mark.rule("O-39")
def test_no_pair_of_situation_and_fact_raises_or_breaks_an_order() -> None:
    pairs = 0
    for name, order in every_shape().items():
        for fact in samples(order):
            actor = BOSS if isinstance(fact, facts.Command) else None
            made = receive(order, received(fact, "walk", actor=actor), Known())
            after = made[-1].after
            pairs += 1

            assert order_from(order_document(after)) == after, name
            assert balance(after).sound, (name, fact)
            assert faults(after) == [], (name, fact)
            back = after.state in (State.RISK_REVIEW, State.PROCESSING, State.AVAILABILITY_REQUESTED)
            assert after.rank >= order.rank or back, (name, fact)
            if made[0].outcome in (Outcome.LATE, Outcome.REFUSED):
                assert after is order, (name, fact)
            if after.state is not None:
                status_of(after)
                waiting(after)
    assert pairs > 1000


def test_deciding_a_fact_again_under_another_id_applies_nothing_twice() -> None:
    told_again = (facts.Command, facts.TimerDue, facts.ReplacementReturned, facts.ReplacementRemoved)
    for name, order in every_shape().items():
        for fact in samples(order):
            first = receive(order, received(fact, "walk"), Known())[-1]
            if first.outcome is not Outcome.APPLIED or isinstance(fact, told_again):
                continue

            again = receive(first.after, received(fact, "walk-again"), Known())[0]

            assert again.outcome in (Outcome.LATE, Outcome.REFUSED), (name, fact)


def test_no_row_brings_an_order_to_another_state_without_a_word() -> None:
    assert [row.id for row in TABLE if row.target is not None and not row.effects] == []
    for script in SCRIPTS:
        at: dict[str, State | None] = {}
        for decision in played(script).hub.decisions:
            order = decision.after
            assert decision.events or at.get(order.id) is order.state, (script, order.state)
            at[order.id] = order.state


def test_ranks_follow_the_order_of_the_states() -> None:
    assert list(RANK) == list(State)
    assert sorted(RANK.values()) == list(RANK.values())


def test_the_customer_is_not_in_what_everybody_may_see() -> None:
    hub = played(SCRIPTS[0]).hub
    personal = {CUSTOMER.name, CUSTOMER.email, ADDRESS.street, ADDRESS.city}

    shown = str([d.events for d in hub.decisions]) + str([status_of(o) for o in hub.orders.values()])

    assert not [word for word in personal if word and word in shown]
