"""An order's version moves only with what a person can see: an agent's save is refused for no other reason."""

import pytest

from contracts.values import changed
from domain.deciding.decision import Known, Outcome
from domain.orders import facts
from domain.orders.aggregate import ORDER
from domain.orders.order import Order
from domain.orders.view.projection import status_of
from tests.domain.story import every_shape
from tests.domain.world import BOSS, received, samples


def _seen(order: Order) -> tuple[object, ...]:
    status = None if order.state is None else changed(status_of(order), version=0)
    return status, order.contact, order.carrier, [line.price for line in order.lines]


@pytest.mark.rule("O-80")
@pytest.mark.parametrize("name", every_shape())
def test_for_every_fact_the_version_moves_where_something_can_be_seen_and_nowhere_else(name: str) -> None:
    order = every_shape()[name]
    for fact in samples(order):
        actor = BOSS if isinstance(fact, facts.Command) else None
        before = order
        for decision in ORDER.decide(order, received(fact, "v", actor=actor), Known()):
            after = decision.after
            moved = after.version - before.version
            if _seen(before) != _seen(after):
                assert moved == (decision.outcome is Outcome.APPLIED), (type(fact).__name__, decision.outcome)
            elif before.customer_id == after.customer_id:
                assert moved == 0, type(fact).__name__
            before = after
