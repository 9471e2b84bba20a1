"""Parked facts are let go in the order in which they came, without looking at all of them again for each."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.deciding.decision import Decision, Known, Outcome
from domain.deciding.received import Cause, Received
from domain.orders import decide, facts, requests
from domain.orders.order import Order
from tests.domain.world import placed

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


def received(fact: facts.Fact, number: int) -> Received:
    return Received(fact, Cause("/partners/test", f"e-{number}", "any", "any", 0, number), NOW, NOW)


def answers() -> Iterator[facts.Fact]:
    """Yield what an order's partners answer on its way to the warehouse: each lets the next one be heard."""
    order = Order.shell("o-1")
    told: list[facts.Fact] = [placed(), facts.FraudScored(verdict="clear")]
    for number, fact in enumerate(told):  # grows by what is answered
        for decision in decide.receive(order, received(fact, number), Known()):
            order = decision.after
            for asked in decision.requests:
                if isinstance(asked, requests.AuthorizationRequested):
                    told.append(facts.PaymentAuthorized(asked.request_id, "pay-1", asked.amount))
                elif isinstance(asked, requests.AvailabilityRequested):
                    lines = tuple(facts.ReportedLine(each.line, "available") for each in asked.lines)
                    told.append(
                        facts.AvailabilityReported(
                            request_id=asked.request_id, shipment_id=asked.shipment_id, lines=lines
                        )
                    )
                elif isinstance(asked, requests.ShipmentRelease):
                    told.append(facts.PickingStarted(asked.shipment_id))
    yield from told[1:]


ANSWERS = tuple(answers())
EARLY: tuple[facts.Fact, ...] = (
    *ANSWERS,
    facts.CarrierException(tracking_number="T1", code="lost", text=""),
    facts.CarrierException(tracking_number="T2", code="lost", text=""),
    facts.CarrierCollected(tracking_number="T1"),
    facts.CancellationRequested(reason="changed_mind"),
    facts.FraudScored(verdict="review"),
    facts.ItemCorrected(model="mug"),
)


def parked(early: list[facts.Fact]) -> Order:
    order = Order.shell("o-1")
    for number, fact in enumerate(early):
        order = decide.decide(order, received(fact, number), Known()).after
    return order


def by_looking_at_all_again(order: Order, first: Received) -> list[Decision[Order]]:
    decisions = [decide.decide(order, first, Known())]
    while (found := decide._release(decisions[-1].after, Known(), 0)) is not None:
        decisions.append(found[1])
    return decisions


@given(st.lists(st.sampled_from(EARLY), max_size=12))
@example(list(reversed(ANSWERS)))
def test_what_is_let_go_is_the_same_as_if_all_were_looked_at_again_each_time(early: list[facts.Fact]) -> None:
    order, first = parked(early), received(placed(), 1_000)

    assert list(decide.receive(order, first, Known())) == by_looking_at_all_again(order, first)


def test_answers_that_came_in_the_wrong_order_are_all_let_go_in_the_right_one() -> None:
    order = parked(list(reversed(ANSWERS)))

    decisions = decide.receive(order, received(placed(), 1_000), Known())

    assert {each.outcome for each in decisions} == {Outcome.APPLIED}
    assert len(decisions) == 1 + len(ANSWERS) >= 4
    assert decisions[-1].after.parked == ()


def test_late_facts_among_many_early_ones_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    many = 100
    early: list[facts.Fact] = [
        facts.CarrierException(tracking_number=f"T{number}", code="lost", text="") for number in range(many)
    ]
    order = parked(early + [facts.CancellationRequested(reason="changed_mind")] * many)
    looked: list[Order] = []
    one = decide.decide

    def counted(order: Order, fact: Received, known: Known) -> Decision[Order]:
        looked.append(order)
        return one(order, fact, known)

    monkeypatch.setattr(decide, "decide", counted)

    decisions = decide.receive(order, received(placed(), 1_000), Known())

    outcomes = [each.outcome for each in decisions]
    assert outcomes == [Outcome.APPLIED] * 2 + [Outcome.LATE] * (many - 1)
    assert len(looked) <= 1 + 3 * many
