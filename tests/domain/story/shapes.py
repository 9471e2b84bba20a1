"""Shapes: one order for each state and shape that there is."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from domain.deciding.decision import Known
from domain.orders import desk_facts as desk
from domain.orders import facts
from domain.orders.decide import receive
from domain.orders.order import Alert, Order, State
from tests.domain.world import (
    ADDRESS,
    BOSS,
    CUSTOMER,
    ORDER,
    START,
    Hub,
    Script,
    line,
    played,
    received,
    submitted,
)

SCRIPTS = (
    Script(returned="one", exchange=True, shortage="flash", verdicts=("review", "clear"), refusals=1),
    Script(returned="one", lines=((2, 100), (1, 50)), failed_refunds=3, shortage="flash refused"),
    Script(refusals=3),
    Script(cheque=True),
)


@cache
def every_shape() -> dict[str, Order]:
    """One order per state and situation that the plays come by, shells and hand-made ends included."""
    found: dict[str, Order] = {"shell": Order.shell(ORDER)}
    for script in SCRIPTS:
        for decision in played(script).hub.decisions:
            order = decision.order
            shapes = [str(s.state) for s in order.shipments] + [str(r.state) for r in order.returns]
            shapes += [str(r.state) for r in order.refunds] + [str(f.state) for f in order.flashes]
            found.setdefault(f"{order.kind} {order.state} {' '.join(shapes)}", order)
    return found | dict(by_hand())


AFTER = {
    "held": (State.AVAILABILITY_REQUESTED, desk.HoldOrder(reason="wait")),
    "suspended": (State.PAYMENT_PENDING, desk.SuspendOrder(reason="odd")),
    "flagged": (State.CONFIRMED, desk.FlagAlert()),
    "locked": (State.AVAILABILITY_REQUESTED, desk.LockOrder()),
    "recalled to cancel": (State.CONFIRMED, desk.RecallOrder("cancel", reason="wish")),
    "recalled to modify": (State.PICKING, desk.RecallOrder("modify", reason="wish")),
    "grown": (State.AVAILABILITY_REQUESTED, desk.ModifyOrder(add=(desk.NewLine("hat-1", 1, 700),))),
    "split": (State.AVAILABILITY_REQUESTED, desk.SplitShipment((desk.LineQuantity(1, 1),), ADDRESS)),
    "credited": (State.DELIVERED, desk.RequestRefund("items", (desk.LineQuantity(1, 1),), reason="scratched")),
}


def by_hand() -> Iterator[tuple[str, Order]]:
    """The states that only commands lead to, and the one that an order passes through unless something blocks it."""
    hub = Hub()
    hub.take(ORDER, received(submitted("support"), actor=BOSS))
    yield "draft", hub.orders[ORDER]
    hub.take(ORDER, received(facts.CancelOrder(reason="typo"), "e-2", actor=BOSS))
    yield "voided", hub.orders[ORDER]
    hub = Hub()
    hub.take(ORDER, received(desk.DraftOrder("N-1", "lille", "EUR", CUSTOMER, ADDRESS, (line(),)), actor=BOSS))
    yield "phone draft", hub.orders[ORDER]
    for name, (state, command) in AFTER.items():
        order = next(d.order for d in played(Script(lines=((2, 100), (1, 50)))).hub.decisions if d.order.state is state)
        yield name, receive(order, received(command, "desk", order.as_of or START, actor=BOSS), Known())[-1].order
    reviewed = next(d.order for d in played(Script()).hub.decisions if d.order.state is State.RISK_REVIEW)
    yield "asked", receive(reviewed, received(facts.FollowUpOrder(), "e-3", actor=BOSS), Known())[-1].order
    yield "blocked", replace(reviewed, state=State.APPROVED, alerts=(Alert("odd", blocking=True),), holds=("alert",))
