"""The machine: orders to which everything can be said, in any order, repeated, late and early, against a model."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome, Policy
from domain.deciding.received import Actor, Received
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.documents import order_document, order_from
from domain.orders.facts import Command, Fact
from domain.orders.goods.shipping import WarehouseFact
from domain.orders.goods.tracking import CarrierFact
from domain.orders.money.balance import balance
from domain.orders.order import Order
from domain.orders.view.projection import status_of
from domain.orders.view.waiting import waiting
from tests.domain.world.answers import ANSWERS_TO, moves
from tests.domain.world.cast import ADDRESS, BEA, BOSS, CUSTOMER, ORDER, SEARCHING, START, received
from tests.domain.world.closing import Closing
from tests.domain.world.examples import samples
from tests.domain.world.hub import Hub
from tests.domain.world.model import Model
from tests.domain.world.talk import TALKS, Talk, wishes
from verification.invariants import faults

NOVICE = Actor("new", frozenset({"orders.manage"}), frozenset({"elsewhere"}))
POLICIES = (
    SEARCHING,
    Policy(),
    Policy(flash_automatic=True, logistics_pieces=3, refund_automatic=False, exchange_scope="any"),
    Policy(flash_automatic=True, two_persons=True, payment_attempts=1, refund_attempts=1, refund_cap=100),
)
LINES = st.lists(
    st.builds(
        facts.OrderLine,
        line=st.just(0),
        sku=st.just(""),
        quantity=st.integers(1, 3),
        unit_price=st.sampled_from([2500, 333, 99, 1, 0]),
        kind=st.sampled_from(["shippable", "shippable", "shippable", "digital"]),
        discount=st.sampled_from([0, 0, 100]),
        warehouse=st.sampled_from([None, "north", "south"]),
    ),
    min_size=1,
    max_size=3,
)
NUMBER = st.integers(0, 2000)


class Orders(RuleBasedStateMachine):
    """Orders, their partners and the desk; after every step the books of the model must be right."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub()
        self.models: dict[str, Model] = {}
        self.clock = START
        self.said: list[tuple[str, Received, Outcome]] = []

    @initialize(
        lines=LINES,
        policy=st.sampled_from(POLICIES),
        currency=st.sampled_from(["EUR", "JPY", "BHD"]),
        fee=st.sampled_from([0, 500, 333]),
        way=st.sampled_from(["card", "card", "card", "cheque", "phone", "support", "blacklisted"]),
        steps=st.integers(0, 16),
    )
    def begin(
        self, lines: list[facts.OrderLine], policy: Policy, currency: str, fee: int, way: str, steps: int
    ) -> None:
        self.hub.policy = policy
        named = tuple(changed(line, line=n, sku=f"shirt-{n}-M") for n, line in enumerate(lines, start=1))
        customer = changed(CUSTOMER, status="blacklisted") if way == "blacklisted" else CUSTOMER
        if way in ("phone", "support"):
            kind = "support" if way == "support" else "regular"
            drafted = desk.DraftOrder(
                number="N-1",
                store="lille",
                currency=currency,
                customer=customer,
                shipping_address=ADDRESS,
                lines=named,
                kind=kind,
                shipping_fee=fee,
            )
            self.tell(ORDER, drafted, BOSS)
        else:
            method = "cheque" if way == "cheque" else "card"
            placed = facts.OrderPlaced(
                number="N-1",
                store="lille",
                currency=currency,
                customer=customer,
                shipping_address=ADDRESS,
                lines=named,
                shipping_fee=fee,
                payment_method=method,
            )
            self.tell(ORDER, placed)
        Closing(self.hub, self.tell).go(steps)

    @rule(steps=st.integers(1, 4))
    def all_do_their_work(self, steps: int) -> None:
        Closing(self.hub, self.tell).go(steps)

    @rule(which=NUMBER, how=NUMBER, late=st.integers(0, 40))
    def a_partner_answers(self, which: int, how: int, late: int) -> None:
        asked = [(order_id, each) for order_id, each in self.hub.asked if type(each) in ANSWERS_TO]
        if asked:
            order_id, request = asked[-1 - which % len(asked)]
            answers = ANSWERS_TO[type(request)](request, how)
            self.tell(order_id, answers[how % len(answers)], late=late)

    @rule(which=NUMBER, how=NUMBER)
    def goods_move(self, which: int, how: int) -> None:
        order = self.one(which)
        said = moves(order)
        if said:
            self.tell(order.id, said[how % len(said)])

    @rule(which=NUMBER, how=NUMBER)
    def the_customer_speaks(self, which: int, how: int) -> None:
        order = self.one(which)
        said = wishes(order, how)
        self.tell(order.id, said[how % len(said)])

    @rule(
        which=NUMBER,
        talk=st.sampled_from(TALKS),
        what=NUMBER,
        how=NUMBER,
        who=st.sampled_from([BOSS, BOSS, BOSS, BEA, NOVICE]),
        behind=st.sampled_from([None, None, 0, 1, 3]),
    )
    def an_agent_commands(self, which: int, talk: Talk, what: int, how: int, who: Actor, behind: int | None) -> None:
        order = self.one(which)
        commands = talk(order, how)
        command = commands[what % len(commands)]
        if behind is not None:
            command = changed(command, expected_version=max(0, order.version - behind))
        decision = self.tell(order.id, command, who)
        if behind and order.version:
            assert decision.outcome is Outcome.REFUSED

    @rule(which=NUMBER, what=NUMBER)
    def somebody_talks_nonsense(self, which: int, what: int) -> None:
        order = self.one(which)
        said = [fact for fact in samples(order) if not isinstance(fact, facts.ShipmentHandedOver)]
        fact = said[what % len(said)]
        self.tell(order.id, fact, BOSS if isinstance(fact, Command) else None)

    @rule(which=NUMBER, renamed=st.booleans())
    def a_message_comes_again(self, which: int, renamed: bool) -> None:
        order_id, record, before = self.said[-1 - which % len(self.said)]
        if any(_at_once(record, each) for of, each, _ in self.said if of == order_id):
            return  # the log says which of the two counts
        parked_twice = before is Outcome.PARKED and not renamed
        if parked_twice or isinstance(record.fact, (Command, *_ONLY_ONCE, *_NAMELESS)):
            return  # the inbox knows the ids
        now = self.now()
        cause = changed(record.cause, id=f"again-{now.isoformat()}") if renamed else record.cause
        decision = self.take(order_id, changed(record, cause=cause, appended_at=now))
        if _of_goods_stopped_before(decision):
            return  # by the warehouse's clock it began to pick once more
        if before is Outcome.APPLIED and decision.outcome is not Outcome.REFUSED:
            assert decision.outcome is Outcome.LATE or alerts_only(decision), (record.fact, decision)

    @rule(which=NUMBER)
    def a_deadline_comes(self, which: int) -> None:
        armed = [(order.id, timer) for order in self.hub.orders.values() for timer in order.timers]
        if armed:
            order_id, timer = armed[which % len(armed)]
            self.tell(order_id, facts.TimerDue(timer.id, timer.kind, timer.due_at), at=timer.due_at)

    @rule(which=NUMBER)
    def an_order_hears_of_another(self, which: int) -> None:
        waiting_ = self.hub.internal
        if waiting_:
            target = waiting_[which % len(waiting_)][0]
            self.hub.internal.insert(0, waiting_.pop(next(n for n, each in enumerate(waiting_) if each[0] == target)))
            Closing(self.hub, self.tell).deliver()

    def teardown(self) -> None:
        """When all have their say in the end, every order comes to its own."""
        if self.hub.orders:
            Closing(self.hub, self.tell).finish()
            for order_id, order in self.hub.orders.items():
                if order.state is not None:
                    assert self.models[order_id].settled, (order.state, waiting(order))

    def one(self, which: int) -> Order:
        """Return one of the orders that exist, the first one mostly."""
        known = [order for order in self.hub.orders.values() if order.state is not None]
        return known[which % len(known)] if which % 3 == 0 and known else self.hub.orders[ORDER]

    def now(self, at: datetime | None = None) -> datetime:
        """A minute later, or when this deadline comes."""
        self.clock = max(self.clock + timedelta(minutes=1), at or self.clock)
        return self.clock

    def tell(
        self, order_id: str, fact: Fact, actor: Actor | None = None, *, late: int = 0, at: datetime | None = None
    ) -> Decision[Order]:
        now = self.now(at)
        record = received(fact, f"told-{len(self.said)}", now, actor)
        decision = self.take(order_id, changed(record, occurred_at=now - timedelta(minutes=late)))
        self.said.append((order_id, decision.received, decision.outcome))
        return decision

    def take(self, order_id: str, record: Received) -> Decision[Order]:
        before = self.hub.orders.get(order_id, Order.shell(order_id))
        made = self.hub.take(order_id, record)
        model = self.models.setdefault(order_id, Model())
        for decision in made:
            check(before, decision, model)
            before = decision.after
        return made[0]


def alerts_only(decision: Decision[Order]) -> bool:
    """Tell whether a decision does no more than to raise an alert, which somebody had cleared since."""
    quiet = not (decision.requests or decision.to_others or decision.armed)
    return quiet and all(isinstance(event, events.AlertRaised) for event in decision.events)


def _at_once(one: Received, other: Received) -> bool:
    """Tell whether two facts say something else of the same, at the same time, or as answers to the same question."""
    same_time = one.occurred_at == other.occurred_at or isinstance(one.fact, facts.AvailabilityReported)
    scans = isinstance(one.fact, CarrierFact) and isinstance(other.fact, CarrierFact)
    return same_time and (scans or type(one.fact) is type(other.fact)) and one.fact != other.fact


def _of_goods_stopped_before(decision: Decision[Order]) -> bool:
    """Tell whether a warehouse's fact is parked that its clock puts after the goods were stopped."""
    fact, at = decision.received.fact, decision.received.occurred_at
    stops = {each.id: each.stopped_at for each in decision.after.shipments}
    stopped = stops.get(fact.shipment_id) if isinstance(fact, WarehouseFact) else None
    return decision.outcome is Outcome.PARKED and stopped is not None and at > stopped


_ONLY_ONCE = (
    *(facts.TimerDue, facts.OpenExchange, facts.OpenZeroOrder, facts.OrderRelated),
    *(facts.ReleaseExchange, facts.CancelExchange, facts.ExchangeAnswered),
    *(facts.ReplacementReturned, facts.ReplacementRemoved, facts.ReplacementAnswered),
)
"""What the hub says itself: it never comes under another id."""
_NAMELESS = (facts.RecallAccepted, facts.FraudScored)
"""What doesn't say which question it answers, or counts as the last word: said again, it may be news."""
_BESIDE = ("correction", "exchange", "lock", "origin")
"""Deadlines that may outlive an order: of an item's measures, of other orders' answers, of who looks at it."""


def check(before: Order, decision: Decision[Order], model: Model) -> None:
    """Check one decision, and the order after it."""
    after, fact = decision.after, decision.received.fact
    assert model.watch(decision) == [], fact
    assert balance(after).sound, fact
    assert faults(after) == [], fact
    assert order_from(order_document(after)) == after, fact
    if decision.outcome in (Outcome.LATE, Outcome.REFUSED) and not decision.released:
        assert after is before, fact
    if after.state is None:
        return
    assert str(after.state) == model.state, fact
    assert {timer.id for timer in after.timers if not timer.fired} == model.timers, fact
    status_of(after)
    if not model.settled:
        assert waiting(after), (after.state, fact)
    elif not after.parked and not after.payment.collecting:
        assert [timer.kind for timer in after.timers if timer.kind not in _BESIDE] == [], fact
