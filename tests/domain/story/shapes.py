"""Shapes: one order for each state and shape that there is."""

from collections.abc import Iterator
from functools import cache

from contracts import commands as desk
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.order import Alert, Order, State
from tests.domain.story.states import brought_to
from tests.domain.story.story import Story
from tests.domain.world import ADDRESS, ORDER, Script, line, played, submitted

SCRIPTS = (
    Script(returned="one", exchange=True, shortage="flash", verdicts=("review", "clear"), refusals=1),
    Script(returned="one", lines=((2, 100), (1, 50)), failed_refunds=3, shortage="flash refused"),
    Script(refusals=3),
    Script(cheque=True),
)


@cache
def every_shape() -> dict[str, Order]:
    """One order per state and shape that the scripts come by, and those that only commands lead to."""
    found: dict[str, Order] = {"shell": Order.shell(ORDER)}
    for script in SCRIPTS:
        for decision in played(script).hub.decisions:
            order = decision.after
            shapes = [str(s.state) for s in order.shipments] + [str(r.state) for r in order.returns]
            shapes += [str(r.state) for r in order.refunds] + [str(f.state) for f in order.flashes]
            found.setdefault(f"{order.kind} {order.state} {' '.join(shapes)}", order)
    return found | dict(_commanded())


_AFTER: dict[str, tuple[str, facts.Command]] = {
    "held": ("availability_requested", desk.HoldOrder(reason="wait")),
    "suspended": ("payment_pending", desk.SuspendOrder(reason="odd")),
    "flagged": ("confirmed", desk.FlagAlert()),
    "locked": ("availability_requested", desk.LockOrder()),
    "recalled to cancel": ("confirmed", desk.RecallOrder("cancel", reason="wish")),
    "recalled to modify": ("picking", desk.RecallOrder("modify", reason="wish")),
    "grown": ("availability_requested", desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),))),
    "split": ("availability_requested", desk.SplitShipment((desk.LineQuantity(1, 1),), ADDRESS)),
    "credited": ("delivered", desk.RequestRefund("items", (desk.LineQuantity(1, 1),), reason="scratched")),
}


def _commanded() -> Iterator[tuple[str, Order]]:
    """The states that only commands lead to, and the one that an order passes through unless something blocks it."""
    support = Story()
    support.command(submitted("support"))
    yield "draft", support.order
    support.command(facts.CancelOrder(reason="typo"))
    yield "voided", support.order
    yield "phone draft", brought_to("draft").order
    for name, (state, command) in _AFTER.items():
        story = brought_to(state, lines=(line(1, 2, 100), line(2, 1, 50)))
        assert story.command(command).refusal is None, name
        yield name, story.order
    yield "asked", brought_to("risk_follow_up").order
    reviewed = brought_to("risk_review").order
    yield "blocked", changed(reviewed, state=State.APPROVED, alerts=(Alert("odd", blocking=True),), holds=("alert",))
