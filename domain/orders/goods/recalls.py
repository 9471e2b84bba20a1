"""Recalls: asking the warehouse to stop what it was given, so that an order can be changed once more (O-22 to O-24).

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.machine import Machine
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Step, Transition, row
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events, facts, gates, holds, requests
from domain.orders.goods import shipping
from domain.orders.order import ENDED, SHIPMENT_RANK, Order, Recall, RecallState, Shipment, ShipmentState

OPEN: Final = RecallState.OPEN
ACCEPTED: Final = RecallState.ACCEPTED
REFUSED: Final = RecallState.REFUSED
UNANSWERED: Final = RecallState.UNANSWERED
_STOPPABLE: Final = frozenset({ShipmentState.RESERVED, ShipmentState.RELEASED, ShipmentState.PICKING})


def _of_this(pad: Scratchpad, recall: Recall) -> bool:
    """Tell whether the answer is of this shipment."""
    fact = pad.received.fact
    named = getattr(fact, "request_id", None)
    return getattr(fact, "shipment_id", None) == recall.shipment_id and named in (None, recall.id)


def _is_packed(pad: Scratchpad, recall: Recall) -> bool:
    """Tell whether the shipment is packed."""
    shipment = next(each for each in pad.order.shipments if each.id == recall.shipment_id)
    return shipment.rank >= SHIPMENT_RANK[ShipmentState.PACKED] and shipment.state is not ShipmentState.CANCELLED


def _answered(pad: Scratchpad, recall: Recall) -> None:
    pad.disarm(Deadline.RECALL, recall.shipment_id)
    pad.emit(events.RecallChanged(recall.shipment_id, recall.state, recall.intent))
    if not any(other.state is OPEN for other in pad.order.recalls):
        holds.take_off(pad, holds.RECALL)


def _stopped(pad: Scratchpad, recall: Recall) -> None:
    """Take the shipment back to where it can be changed; what becomes of it is the intent's to say (S-13)."""
    shipment = next(each for each in pad.order.shipments if each.id == recall.shipment_id)
    _put_recall(pad, changed(recall, settled=False))
    if not _refused_elsewhere(pad.order, recall):
        pad.clear("recall_refused")
    shipping.MACHINE.take(pad, shipment, facts.RecallAccepted)
    pad.tell(facts.RecallAccepted)


def _refused_elsewhere(order: Order, recall: Recall) -> bool:
    """Tell whether the newest recall of another parcel was refused: its customer still waits for a word (O-23)."""
    newest = {each.shipment_id: each for each in order.recalls if each.shipment_id != recall.shipment_id}
    return any(each.state in (REFUSED, UNANSWERED) for each in newest.values())


def _too_late(pad: Scratchpad, recall: Recall) -> None:
    """Tell who asked that it can't be done any more (O-23)."""
    _put_recall(pad, changed(recall, settled=True))
    if recall.command_id is not None and recall.client is not None:
        pad.emit(
            events.CommandRejected(
                recall.command_id,
                recall.client,
                "packed",
                "the warehouse could not stop the shipment any more",
                "open a return once it is sent",
            )
        )
    pad.alert("recall_refused")


TABLE: Final[tuple[Transition[Recall], ...]] = (
    row("O-24", (OPEN, UNANSWERED), facts.RecallAccepted, ACCEPTED, when=_of_this, then=(_answered, _stopped)),
    row("O-23", OPEN, facts.RecallRefused, REFUSED, when=_of_this, then=(_answered, _too_late)),
    row("O-23", OPEN, Step.AUTOMATIC, REFUSED, when=_is_packed, then=(_answered, _too_late)),
    row("H-07", OPEN, Step.RECALL_DUE, UNANSWERED, then=(_answered, _too_late)),
)


def _put_recall(pad: Scratchpad, recall: Recall) -> None:
    kept = pad.order.recalls
    pad.order = changed(pad.order, recalls=tuple(recall if each.id == recall.id else each for each in kept))


def _put(pad: Scratchpad, recall: Recall, state: StrEnum) -> None:
    _put_recall(pad, changed(recall, state=RecallState(state)))


MACHINE: Final = Machine(
    "recall",
    TABLE,
    RecallState,
    begins=(OPEN,),
    subjects=lambda pad: pad.order.recalls,
    key=lambda recall: recall.id,
    state=lambda recall: recall.state,
    put=_put,
)


def _stoppable(order: Order, fact: desk.RecallOrder) -> tuple[Shipment, ...]:
    wanted = (each for each in order.live_shipments if fact.shipment_id in (None, each.id))
    return tuple(each for each in wanted if each.state in _STOPPABLE)


def ordered(pad: Scratchpad, fact: desk.RecallOrder) -> Answer:
    """Ask the warehouse for a person to stop the order, or one shipment of it (O-22)."""
    if not fact.reason:
        return Refusal("reason_required", "a recall needs its reason", "say why the goods are called back")
    shipments = _stoppable(pad.order, fact)
    if not shipments:
        return Refusal("gate", "the order has no such shipment with the warehouse", "look at its shipments")
    if any(is_open(pad.order, each.id) for each in shipments):
        return Refusal("duplicate", "a recall is open already", "wait for the warehouse's answer")
    for shipment in shipments:
        _ask(pad, shipment, fact.intent, fact.reason, whole=fact.shipment_id is None)
    pad.rules.append("O-22")
    return Outcome.APPLIED


def is_open(order: Order, shipment_id: str | None) -> bool:
    """Tell whether the warehouse is asked to stop this shipment."""
    return any(each.state is OPEN and each.shipment_id == shipment_id for each in order.recalls)


def of_the_hub(pad: Scratchpad, reason: str) -> None:
    """Ask the warehouse to stop what should not go out, and keep it once it is stopped (O-30, O-41)."""
    for shipment in pad.order.live_shipments:
        if shipment.state in _STOPPABLE and not is_open(pad.order, shipment.id):
            _ask(pad, shipment, "hold", reason, whole=True)


def _ask(pad: Scratchpad, shipment: Shipment, intent: str, reason: str, *, whole: bool) -> None:
    order, cause = pad.order, pad.received.cause
    asked_by_command = isinstance(pad.received.fact, facts.Command)
    recall = Recall(
        pad.id("recall", shipment.id, sum(each.shipment_id == shipment.id for each in order.recalls) + 1),
        shipment.id,
        intent,
        reason,
        whole,
        command_id=cause.id if asked_by_command else None,
        client=cause.source if asked_by_command else None,
    )
    pad.order = changed(order, recalls=(*order.recalls, recall))
    pad.ask(requests.RecallRequested(recall.id, shipment.id, reason, intent))
    pad.emit(events.RecallChanged(shipment.id, OPEN, intent))
    pad.arm(Deadline.RECALL, pad.policy.recall_answer, shipment.id)
    holds.put_on(pad, holds.RECALL)


def answered(pad: Scratchpad, fact: facts.RecallAccepted | facts.RecallRefused) -> Answer:
    """Take the warehouse's answer; goods that it stopped unasked need a person."""
    order = pad.order
    shipment = next((each for each in order.shipments if each.id == fact.shipment_id), None)
    if shipment is None:
        return Outcome.LATE
    about = [each for each in order.recalls if each.shipment_id == fact.shipment_id]
    answerable = shipment.state in _STOPPABLE or isinstance(fact, facts.RecallRefused)
    for recall in reversed(about):
        if answerable and MACHINE.take(pad, recall, type(fact)):
            return Outcome.APPLIED
    stands = any(alert.name == "recalled" for alert in order.alerts)
    if isinstance(fact, facts.RecallRefused) or about or stands or order.state in ENDED:
        return Outcome.LATE
    pad.alert("recalled")
    return Outcome.APPLIED


def unanswered(pad: Scratchpad, shipment_id: str) -> bool:
    """Take a warehouse that doesn't answer in time for one that refuses (H-07)."""
    for recall in pad.order.recalls:
        if recall.shipment_id == shipment_id and recall.state is OPEN:
            return MACHINE.take(pad, recall, Step.RECALL_DUE)
    return False


def settled_to_cancel(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the warehouse stopped all of it, to be cancelled (O-24: O-27 follows by itself)."""
    asked = [each for each in order.recalls if each.state is ACCEPTED and not each.settled]
    to_cancel = [each for each in asked if each.intent == "cancel" and each.whole]
    early = all(shipment.state not in _STOPPABLE for shipment in order.live_shipments)
    return bool(to_cancel) and early and _all_answered(order) and _changeable(order)


def _all_answered(order: Order) -> bool:
    return not any(each.state is OPEN for each in order.recalls)


def _changeable(order: Order) -> bool:
    """Tell whether every shipment is back where it can be cancelled."""
    return all(gates.cell("cancel", gates.reached(order, each)) == "+" for each in order.live_shipments)


def follow(pad: Scratchpad, order: Order) -> None:
    """Do with the stopped shipments what the recall was for (O-24, S-13), once all answers are in."""
    if not _all_answered(order):
        return
    for recall in order.recalls:
        if recall.state is ACCEPTED and not recall.settled:
            _put_recall(pad, changed(recall, settled=True))
            _do(pad, recall)


def to_do(pad: Scratchpad, order: Order) -> bool:
    """Tell whether all recalls are answered, and a stopped shipment waits for what its own was for."""
    waits = any(each.state is ACCEPTED and not each.settled for each in order.recalls)
    return waits and _all_answered(order) and not settled_to_cancel(pad, order)


def _do(pad: Scratchpad, recall: Recall) -> None:
    shipment = next(each for each in pad.order.shipments if each.id == recall.shipment_id)
    if recall.intent == "cancel":
        shipping.cancel_one(pad, shipment)
    elif recall.intent == "hold":
        pad.put_shipment(changed(shipment, recalled=False, ask_again=True))
        if recall.by_a_person or not pad.order.holds:
            holds.put_on(pad, holds.CSR)
    else:
        pad.arm(Deadline.EDIT, pad.policy.review, shipment.id)


def edited(pad: Scratchpad) -> None:
    """Let recalled shipments be asked for again, now that the order was edited (O-24)."""
    for shipment in pad.order.shipments:
        if shipment.recalled:
            pad.put_shipment(changed(shipment, recalled=False, ask_again=True))
            pad.disarm(Deadline.EDIT, shipment.id)


def reason_to_cancel(order: Order) -> str:
    """Return the reason that a recall gave for the cancellation that follows it."""
    given = (each.reason for each in reversed(order.recalls) if each.state is ACCEPTED and each.intent == "cancel")
    return next(given, "recalled")


def close(pad: Scratchpad, order: Order) -> None:
    """Settle every recall of an order that is cancelled."""
    for recall in order.recalls:
        if not recall.settled:
            _put_recall(pad, changed(recall, settled=True))


def reopened(pad: Scratchpad, order: Order) -> None:
    """Publish that the order may be changed again (O-24)."""
    fact = pad.received.fact
    pad.emit(events.OrderReopened(fact.shipment_id if isinstance(fact, facts.RecallAccepted) else ""))
