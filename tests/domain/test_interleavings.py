"""Laws: any interleaving of the topics and any repeats end in the same orders, the same money, the same requests."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deciding.decision import Outcome
from domain.deciding.values import changed
from domain.orders.money.balance import balance
from domain.orders.order import Order
from tests.domain.world import ANY_SCRIPT, ORDER, STEPS, Hub, Record, Script, World

RETRIES = STEPS[:2]


def settled(order: Order) -> object:
    """What must not depend on the order of arrival: all but versions, times, and what is only about the way there."""
    return (
        order.state,
        order.lines,
        tuple((s.id, s.state, s.carrier, s.tracking_number, s.round, s.scan) for s in order.shipments),
        order.payment,
        tuple(changed(returned, accepted=True) for returned in order.returns),
        tuple(changed(refund, requested_at=None) for refund in order.refunds),
        order.exchanges if not order.exchanges else [(x.rma_code, x.order_id, x.state) for x in order.exchanges],
        tuple((f.id, f.state) for f in order.flashes),
        order.holds,
        sorted(alert.name for alert in order.alerts),
        len(order.parked),
        sorted((timer.kind, timer.subject) for timer in order.timers),
    )


def asked(hub: Hub) -> Counter[str]:
    """The ids of all that was asked of partners."""
    return Counter(request.request_id for _, request in hub.asked if hasattr(request, "request_id"))


def disturbed(seed: int, said: list[Record]) -> Hub:
    """Play what was said in another interleaving, each topic in its own order, with facts said again under new ids."""
    hub, random = Hub(), Random(seed)  # drawn from a seed: a draw of Hypothesis per record takes half a minute
    topics: dict[str, list[Record]] = {}
    for record in said:
        topics.setdefault(record.topic, []).append(record)
    while topics or hub.internal:
        choices = [topic for topic in sorted(topics) if not overtakes_release(hub, topics[topic][0])]
        topic = random.choice([*choices, *(["hub"] if hub.internal else []), *(["clock"] if hub.due(RETRIES) else [])])
        if topic == "hub":
            hub.deliver_internal()
            continue
        if topic == "clock":
            hub.fire(RETRIES)
            continue
        record = topics[topic].pop(0)
        hub.take(record.order_id, record.received)
        if random.random() < 0.2:
            cause = changed(record.received.cause, id=record.received.cause.id + "-again")
            hub.take(record.order_id, changed(record.received, cause=cause))
        if not topics[topic]:
            del topics[topic]
    hub.drain()
    return hub


def overtakes_release(hub: Hub, record: Record) -> bool:
    """A warehouse that picks a held exchange order does so on its own: that is rule O-30, and ends otherwise."""
    order = hub.orders.get(record.order_id)
    held = record.order_id != ORDER and (order is None or order.state is None or bool(order.holds))
    return held and record.topic in ("warehouse", "carrier")


@settings(max_examples=250, deadline=None)
@given(script=ANY_SCRIPT, seed=st.integers(0, 2**32))
@pytest.mark.rule("O-38", "O-39")
def test_any_interleaving_of_the_topics_and_any_repeats_end_in_the_same_orders(script: Script, seed: int) -> None:
    clean = World(script).play()

    hub = disturbed(seed, clean.said)

    assert set(hub.orders) == set(clean.hub.orders)
    for order_id, order in hub.orders.items():
        assert settled(order) == settled(clean.hub.orders[order_id])
    assert asked(hub) == asked(clean.hub)
    assert set(asked(hub).values()) == {1}


@settings(max_examples=100, deadline=None)
@given(script=ANY_SCRIPT)
def test_money_is_where_it_should_be_after_every_fact(script: Script) -> None:
    clean = World(script).play()

    for decision in clean.hub.decisions:
        assert balance(decision.after).sound
    money = balance(clean.hub.orders[ORDER])
    assert money.kept + money.refunded == money.captured


@settings(max_examples=60, deadline=None)
@given(script=ANY_SCRIPT)
def test_a_clean_history_applies_every_fact(script: Script) -> None:
    clean = World(script).play()

    odd = [d for d in clean.hub.decisions if d.outcome not in (Outcome.APPLIED, Outcome.LATE)]
    assert [type(d.received.fact).__name__ for d in odd] in ([], ["ReturnRequested"])
