"""A machine over pieces: every way to give them back, in any order, by people and partners, over all that replaces."""

import os
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from contracts import commands as desk
from domain.deciding.decision import Decision, Policy
from domain.deciding.received import Actor
from domain.orders import facts
from domain.orders.facts import Fact
from domain.orders.money.balance import balance
from domain.orders.order import Order, RefundState, Return, State
from tests.domain.world import BOSS, ORDER, START, Closing, Hub, Model, line, placed, received
from verification import invariants, money

LONG = os.environ.get("MACHINE") == "long"
NUMBER = st.integers(0, 2000)
PIECES = st.integers(1, 3)
_FIRST = (facts.ReturnRequested((facts.ReturnLine(1, 1),), "exchange"), desk.CreateZeroOrder(reason="lost"))
"""What makes a first replacement, delivered before anything else is said."""
OUTCOME = st.sampled_from(["refund", "exchange"])


class Pieces(RuleBasedStateMachine):
    """A delivered order, and all orders that replace pieces of it; after every step no piece has gone two ways."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub(Policy())
        self.models: dict[str, Model] = {}
        self.clock = START
        self.told = 0

    @initialize(
        quantities=st.lists(PIECES, min_size=1, max_size=2),
        price=st.sampled_from([2500, 333, 1]),
        first=st.sampled_from([None, *_FIRST]),
    )
    def begin(self, quantities: list[int], price: int, first: Fact | None) -> None:
        lines = [line(number, quantity, price) for number, quantity in enumerate(quantities, start=1)]
        self.tell(ORDER, placed(*lines))
        while self.hub.orders[ORDER].state is not State.DELIVERED:
            Closing(self.hub, self.tell).go(1)
        if first is not None:
            self.tell(ORDER, first, BOSS if isinstance(first, facts.Command) else None)
            Closing(self.hub, self.tell).go(1)
            self.drafts_are_approved()
            Closing(self.hub, self.tell).go(40)

    @rule(which=NUMBER, number=NUMBER, quantity=PIECES, shipping=st.booleans())
    def a_credit_is_asked(self, which: int, number: int, quantity: int, shipping: bool) -> None:
        order = self.one(which)
        pieces = (desk.LineQuantity(number_of(order, number), quantity),)
        self.tell(order.id, desk.RequestRefund("items", pieces, shipping=shipping, reason="scratched"), BOSS)

    @rule(which=NUMBER, number=NUMBER, quantity=PIECES, outcome=OUTCOME, receipt=st.booleans())
    def an_agent_opens_a_return(self, which: int, number: int, quantity: int, outcome: str, receipt: bool) -> None:
        order = self.one(which)
        pieces = return_lines(order, number, quantity)
        self.tell(order.id, facts.CreateReturn(pieces, outcome, receipt_required=receipt), BOSS)

    @rule(which=NUMBER, number=NUMBER, quantity=PIECES, outcome=OUTCOME, fee=st.booleans())
    def a_customer_opens_a_return(self, which: int, number: int, quantity: int, outcome: str, fee: bool) -> None:
        order = self.one(which)
        pieces = return_lines(order, number, quantity)
        self.tell(order.id, facts.ReturnRequested(pieces, outcome, fee))

    @rule(which=NUMBER, number=NUMBER, quantity=PIECES, good=st.booleans(), receipt=st.sampled_from([None, "1", "2"]))
    def a_parcel_comes(self, which: int, number: int, quantity: int, good: bool, receipt: str | None) -> None:
        order, returned = self.a_return(which)
        if returned is not None:
            pieces = (facts.ReceivedLine(returned.lines[number % len(returned.lines)].line, quantity),)
            self.tell(order.id, facts.ReturnReceived(returned.code, pieces, good, receipt))

    @rule(which=NUMBER, what=NUMBER)
    def a_return_goes_on(self, which: int, what: int) -> None:
        order, returned = self.a_return(which)
        if returned is not None:
            code = returned.code
            said = (
                *(facts.ConfirmReturn(code), facts.ValidateReturn(code), facts.CloseReturnShort(code)),
                *(facts.CancelReturn(code, reason="kept"), facts.RefuseReturn(code, reason="worn")),
                facts.SwitchReturnOutcome(code),
            )
            self.tell(order.id, said[what % len(said)], BOSS)

    @rule(which=NUMBER, number=NUMBER, quantity=PIECES, whole=st.booleans())
    def a_copy_is_sent(self, which: int, number: int, quantity: int, whole: bool) -> None:
        order = self.one(which)
        lines = () if whole else (desk.LineQuantity(number_of(order, number), quantity),)
        self.tell(order.id, desk.CreateZeroOrder(lines, reason="lost"), BOSS)

    @rule(which=NUMBER, number=NUMBER, what=NUMBER, quantity=PIECES)
    def a_replacement_changes(self, which: int, number: int, what: int, quantity: int) -> None:
        order = self.one(which)
        said = (
            desk.ModifyOrder(remove=(number_of(order, number),)),
            desk.ModifyOrder(change=(desk.LineQuantity(number_of(order, number), quantity),)),
            desk.SplitShipment((desk.LineQuantity(number_of(order, number), quantity),), method="express"),
            desk.VoidOrder(reason="found"),
            facts.CancelOrder(reason="customer_choice"),
        )
        self.tell(order.id, said[what % len(said)], BOSS)

    @rule(which=NUMBER, yes=st.booleans())
    def a_refund_is_decided(self, which: int, yes: bool) -> None:
        order = self.one(which)
        if order.refunds:
            refund = order.refunds[which % len(order.refunds)].id
            self.tell(order.id, facts.ApproveRefund(refund) if yes else facts.CancelRefund(refund), BOSS)

    @rule(steps=st.integers(1, 12))
    def all_do_their_work(self, steps: int) -> None:
        Closing(self.hub, self.tell).go(steps)

    @rule()
    def drafts_are_approved(self) -> None:
        for order in list(self.hub.orders.values()):
            if order.state is State.DRAFT:
                self.tell(order.id, facts.ApproveOrder(reason="lost"), BOSS)

    def teardown(self) -> None:
        """When all messages have come, nobody waits for an answer of another order."""
        while self.hub.internal:
            Closing(self.hub, self.tell).deliver()
        for order in self.hub.orders.values():
            assert not [timer for timer in order.timers if timer.kind == "origin"]

    def one(self, which: int) -> Order:
        """Return one of the orders that exist."""
        known = [order for order in self.hub.orders.values() if order.state is not None]
        return known[which % len(known)]

    def a_return(self, which: int) -> tuple[Order, Return | None]:
        """Return one of the returns of all orders."""
        found = [(order, each) for order in self.hub.orders.values() for each in order.returns]
        return found[which % len(found)] if found else (self.one(which), None)

    def tell(
        self, order_id: str, fact: Fact, actor: Actor | None = None, *, at: datetime | None = None
    ) -> Decision[Order]:
        self.told += 1
        self.clock = max(self.clock + timedelta(minutes=1), at or self.clock)
        made = self.hub.take(order_id, received(fact, f"told-{self.told}", self.clock, actor))
        model = self.models.setdefault(order_id, Model())
        for decision in made:
            after = decision.after
            assert model.watch(decision) == [], fact
            assert balance(after).sound, fact
            assert invariants.faults(after) == [], fact
            assert money.faults(after) == [], fact
            assert given_twice(after) == [], fact
        return made[0]


def number_of(order: Order, number: int) -> int:
    """Return the number of one of the order's lines."""
    return order.lines[number % len(order.lines)].line if order.lines else 1


def return_lines(order: Order, number: int, quantity: int) -> tuple[facts.ReturnLine, ...]:
    """Return pieces of one of the order's lines, or one of each."""
    if number % 3:
        return (facts.ReturnLine(number_of(order, number), quantity),)
    return tuple(facts.ReturnLine(each.line, 1) for each in order.lines) or (facts.ReturnLine(1, 1),)


def given_twice(order: Order) -> list[int]:
    """Return the lines of which more pieces are paid back, or held by free copies, than were bought."""
    given: Counter[int] = Counter()
    for refund in order.refunds:
        if refund.state is not RefundState.CANCELLED and refund.origin in ("items", "replacement"):
            given.update({entry.line: entry.quantity for entry in refund.pieces})
    for record in order.replaced:
        given[record.line] += 0 if record.rma_code else record.open
    return [each.line for each in order.lines if given[each.line] > each.quantity]


Pieces.TestCase.settings = settings(
    max_examples=5000 if LONG else 200,
    stateful_step_count=60 if LONG else 40,
    deadline=None,
    derandomize=not LONG,
)
TestPieces = pytest.mark.timeout(0 if LONG else 300)(pytest.mark.rule("R-21")(Pieces.TestCase))
"""Each piece goes one way."""
