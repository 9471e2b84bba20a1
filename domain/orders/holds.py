"""Holds: each stops the hub's own next steps while it is on; facts from outside pass all the same (H-08).

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from contracts import commands as desk
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.machine import Machine
from domain.deciding.transitions import row
from domain.deciding.values import Value, changed
from domain.deciding.words import Word
from domain.orders import events
from domain.orders.order import Order
from domain.orders.scratchpad import OrderPad, OrderTransition
from domain.orders.steps import Step


class HoldState(Word):
    """Whether a hold is on."""

    OFF = "off"
    ON = "on"


class Hold(Value):
    """One type of hold on an order."""

    kind: str
    state: HoldState


CSR: Final = "csr"
SUSPENDED: Final = "suspended"
LOGISTICS: Final = "logistics"
ALERT: Final = "alert"
RECALL: Final = "recall"
EXCHANGE: Final = "exchange"
KINDS: Final = (CSR, SUSPENDED, LOGISTICS, ALERT, RECALL, EXCHANGE)
BY_PEOPLE: Final = (CSR, SUSPENDED, LOGISTICS)
"""The holds that a person puts on or takes off; the others follow from something else."""


def _of(kind: str, why: str = "") -> Callable[[OrderPad, Hold], bool]:
    """Return the guard of one type of hold; `why` is for readers of the table."""

    def is_it(pad: OrderPad, hold: Hold) -> bool:
        return hold.kind == kind

    is_it.__doc__ = f"Tell whether it is {kind}: {why}." if why else f"Tell whether it is {kind}."
    return is_it


def _held(pad: OrderPad, hold: Hold) -> None:
    pad.emit(events.OrderHeld(hold.kind, pad.reason))


def _await_return(pad: OrderPad, hold: Hold) -> None:
    pad.arm(Deadline.HELD, pad.policy.return_expiry, hold.kind)


def _released(pad: OrderPad, hold: Hold) -> None:
    pad.disarm(Deadline.HELD, hold.kind)
    pad.emit(events.OrderHoldReleased(hold.kind))
    pad.tell(Step.RELEASE)


def _suspended(pad: OrderPad, hold: Hold) -> None:
    pad.emit(events.OrderSuspended(pad.reason or "fraud"))


def _resumed(pad: OrderPad, hold: Hold) -> None:
    pad.emit(events.OrderResumed())
    pad.tell(Step.RELEASE)


def blocked(order: Order) -> bool:
    """Tell whether an alert blocks the hub's next steps (A-34)."""
    return bool(order.alerts) and any(alert.blocking for alert in order.alerts)


def _to_block(pad: OrderPad, hold: Hold) -> bool:
    """Tell whether it is alert: one blocks."""
    return hold.kind == ALERT and blocked(pad.order)


def _cleared(pad: OrderPad, hold: Hold) -> bool:
    """Tell whether it is alert: none blocks any more."""
    return hold.kind == ALERT and not blocked(pad.order)


OFF: Final = HoldState.OFF
ON: Final = HoldState.ON
TABLE: Final[tuple[OrderTransition[Hold], ...]] = (
    row("H-01", OFF, Step.HOLD, ON, when=_of(CSR, "a person's"), then=_held),
    row("H-02", OFF, Step.HOLD, ON, when=_of(SUSPENDED, "the order is questionable"), then=_suspended),
    row("H-03", OFF, Step.HOLD, ON, when=_of(LOGISTICS, "a rule matched"), then=_held),
    row("O-22", OFF, Step.HOLD, ON, when=_of(RECALL, "one is open"), then=_held),
    row("X-01", OFF, Step.HOLD, ON, when=_of(EXCHANGE), then=(_held, _await_return)),
    row("H-09", OFF, Step.AUTOMATIC, ON, when=_to_block, then=_held),
    row("H-04", ON, Step.RELEASE, OFF, when=_of(CSR), then=_released),
    row("H-04", ON, Step.RELEASE, OFF, when=_of(SUSPENDED), then=_resumed),
    row("H-05", ON, Step.RELEASE, OFF, when=_of(LOGISTICS), then=_released),
    row("H-06", ON, Step.RELEASE, OFF, when=_of(EXCHANGE), then=_released),
    row("H-07", ON, Step.RELEASE, OFF, when=_of(RECALL, "all are answered"), then=_released),
    row("H-10", ON, Step.AUTOMATIC, OFF, when=_cleared, then=_released),
)


def _put(pad: OrderPad, hold: Hold, state: StrEnum) -> None:
    others = tuple(kind for kind in pad.order.holds if kind != hold.kind)
    pad.order = changed(pad.order, holds=(*others, hold.kind) if state == HoldState.ON else others)


def hold_of(pad: OrderPad, kind: str) -> Hold:
    """Return this type of hold as it is on the order now."""
    return Hold(kind, HoldState.ON if kind in pad.order.holds else HoldState.OFF)


MACHINE: Final = Machine(
    "hold",
    TABLE,
    HoldState,
    begins=(OFF,),
    ends=(OFF,),
    subjects=lambda pad: tuple(hold_of(pad, kind) for kind in KINDS),
    key=lambda hold: hold.kind,
    state=lambda hold: hold.state,
    put=_put,
    restless=lambda pad: blocked(pad.order) is not (ALERT in pad.order.holds),
)


def put_on(pad: OrderPad, kind: str) -> None:
    """Put a hold on."""
    MACHINE.take(pad, hold_of(pad, kind), Step.HOLD)


def take_off(pad: OrderPad, kind: str) -> None:
    """Take a hold off."""
    MACHINE.take(pad, hold_of(pad, kind), Step.RELEASE)


def free(order: Order, *, but: str | None = None) -> bool:
    """Tell whether the hub may take its own next step: no hold but this one, no blocking alert (H-11, A-21, A-34)."""
    return all(hold == but for hold in order.holds) and not blocked(order)


def hold(pad: OrderPad, fact: desk.HoldOrder | desk.SuspendOrder) -> Answer:
    """Put a person's hold on (H-01, H-02)."""
    kind = CSR if isinstance(fact, desk.HoldOrder) else SUSPENDED
    if kind in pad.order.holds:
        return Refusal("duplicate", f"the order is on hold already: {kind}", "release it first")
    if not fact.reason:
        return Refusal("reason_required", "a hold needs its reason", "say why the order is held")
    put_on(pad, kind)
    return Outcome.APPLIED


def release(pad: OrderPad, fact: desk.ReleaseHold | desk.ResumeOrder) -> Answer:
    """Take a person's hold off (H-04, H-05); what it stopped is tried again (H-11)."""
    order = pad.order
    kind = meant(order, fact)
    if kind == ALERT and kind in order.holds:
        return Refusal("alert_uncleared", "a blocking alert holds the order", "clear its alerts: alert.clear")
    if kind not in order.holds:
        return Refusal("gate", f"the order has no such hold: {kind}", "look at the holds that it has")
    if kind not in BY_PEOPLE:
        return Refusal("held", f"only the hub takes this hold off: {kind}", _ENDS[kind])
    take_off(pad, kind)
    return Outcome.APPLIED


_ENDS: Final = {
    RECALL: "wait for the warehouse's answer",
    EXCHANGE: "validate or cancel the return that it belongs to",
}


def meant(order: Order, fact: desk.ReleaseHold | desk.ResumeOrder) -> str:
    """Return the hold that a release means: the one it names, else a person's; logistics' where it is the only one."""
    if isinstance(fact, desk.ResumeOrder):
        return SUSPENDED
    if fact.hold is not None:
        return fact.hold
    return next((kind for kind in (CSR, SUSPENDED, LOGISTICS, ALERT, RECALL, EXCHANGE) if kind in order.holds), CSR)


def flag(pad: OrderPad, fact: desk.FlagAlert) -> Answer:
    """Mark the order for a person; a blocking mark holds it (H-09)."""
    if pad.order.is_alerted(fact.alert):
        return Refusal("duplicate", f"the order has this alert already: {fact.alert}", "clear it first")
    pad.rules.append("H-09")
    pad.alert(fact.alert, blocking=fact.blocking, text=fact.text or fact.reason)
    return Outcome.APPLIED


def clear(pad: OrderPad, fact: desk.ClearAlert) -> Answer:
    """Clear an alert whose cause is dealt with (H-10)."""
    if not pad.order.is_alerted(fact.alert):
        return Refusal("gate", f"the order has no such alert: {fact.alert}", "look at the alerts that it has")
    if not fact.reason:
        return Refusal("reason_required", "say how the cause was dealt with", "give it as the reason")
    pad.rules.append("H-10")
    pad.clear(fact.alert)
    return Outcome.APPLIED


def match(pad: OrderPad, order: Order) -> None:
    """Hold an approved order that logistics has to push on by hand: many pieces, or models named so (H-03)."""
    policy = pad.policy
    pieces = sum(line.quantity for line in order.lines if line.kind == "shippable")
    named = any(line.model in policy.logistics_models for line in order.lines if line.model)
    if named or 0 < policy.logistics_pieces <= pieces:
        put_on(pad, LOGISTICS)
