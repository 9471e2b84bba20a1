"""Recalls: asking the warehouse to stop a shipment, and its answer (O-22, O-23).

What becomes of the stopped goods is in `recalled_goods`.
"""

from enum import StrEnum
from typing import Final

from contracts import commands as desk
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Refusal, Why
from domain.deciding.machine import Machine
from domain.deciding.transitions import row
from domain.deciding.values import changed
from domain.orders import events, facts, holds, requests
from domain.orders.goods import shipping
from domain.orders.order import (
    ENDED,
    RECALLS,
    SHIPMENT_RANK,
    SHIPMENTS,
    Order,
    Recall,
    RecallState,
    Shipment,
    ShipmentState,
)
from domain.orders.scratchpad import UNEXPECTED, OrderPad, OrderTransition
from domain.orders.steps import Step

OPEN: Final = RecallState.OPEN
ACCEPTED: Final = RecallState.ACCEPTED
REFUSED: Final = RecallState.REFUSED
UNANSWERED: Final = RecallState.UNANSWERED
STOPPABLE: Final = SHIPMENTS["recallable"]


def _of_this(pad: OrderPad, recall: Recall) -> bool:
    """Tell whether the answer is about this shipment."""
    fact = pad.received.fact
    named = getattr(fact, "request_id", None)
    return getattr(fact, "shipment_id", None) == recall.shipment_id and named in (None, recall.id)


def _is_packed(pad: OrderPad, recall: Recall) -> bool:
    """Tell whether the shipment is packed."""
    shipment = next(each for each in pad.order.shipments if each.id == recall.shipment_id)
    return shipment.rank >= SHIPMENT_RANK[ShipmentState.PACKED] and shipment.state is not ShipmentState.CANCELLED


def _answered(pad: OrderPad, recall: Recall) -> None:
    pad.disarm(Deadline.RECALL, recall.shipment_id)
    pad.emit(events.RecallChanged(recall.shipment_id, recall.state, recall.intent))
    if not any(other.state is OPEN for other in pad.order.recalls):
        holds.take_off(pad, holds.RECALL)


def _stopped(pad: OrderPad, recall: Recall) -> None:
    """Take the shipment back to where it can be changed (S-13)."""
    shipment = next(each for each in pad.order.shipments if each.id == recall.shipment_id)
    put(pad, changed(recall, settled=False))
    if not _refused_elsewhere(pad.order, recall):
        pad.clear("recall_refused")
    shipping.MACHINE.take(pad, shipment, facts.RecallAccepted)
    pad.tell(facts.RecallAccepted)


def _refused_elsewhere(order: Order, recall: Recall) -> bool:
    """Tell whether the newest recall of another shipment was refused (O-23)."""
    newest = {each.shipment_id: each for each in order.recalls if each.shipment_id != recall.shipment_id}
    return any(each.state in RECALLS["refused"] for each in newest.values())


def _too_late(pad: OrderPad, recall: Recall) -> None:
    """Reject the command that asked, and raise the alert `recall_refused` (O-23)."""
    put(pad, changed(recall, settled=True))
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


TABLE: Final[tuple[OrderTransition[Recall], ...]] = (
    row("O-24", RECALLS["acceptable"], facts.RecallAccepted, ACCEPTED, when=_of_this, then=(_answered, _stopped)),
    row("O-23", OPEN, facts.RecallRefused, REFUSED, when=_of_this, then=(_answered, _too_late)),
    row("O-23", OPEN, Step.AUTOMATIC, REFUSED, when=_is_packed, then=(_answered, _too_late)),
    row("H-07", OPEN, Step.RECALL_DUE, UNANSWERED, then=(_answered, _too_late)),
)


def put(pad: OrderPad, recall: Recall) -> None:
    """Store a recall in place of what it was."""
    kept = pad.order.recalls
    pad.order = changed(pad.order, recalls=tuple(recall if each.id == recall.id else each for each in kept))


def _put_state(pad: OrderPad, recall: Recall, state: StrEnum) -> None:
    put(pad, changed(recall, state=RecallState(state)))


MACHINE: Final = Machine(
    "recall",
    TABLE,
    RecallState,
    begins=(OPEN,),
    ends=(ACCEPTED, REFUSED, UNANSWERED),
    subjects=lambda pad: pad.order.recalls,
    key=lambda recall: recall.id,
    state=lambda recall: recall.state,
    put=_put_state,
)


def is_open(order: Order, shipment_id: str | None) -> bool:
    """Tell whether the warehouse is asked to stop this shipment."""
    return any(each.state is OPEN and each.shipment_id == shipment_id for each in order.recalls)


def ordered(pad: OrderPad, fact: desk.RecallOrder) -> Answer:
    """Recall the order, or one shipment of it, for a person (O-22)."""
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


def _stoppable(order: Order, fact: desk.RecallOrder) -> tuple[Shipment, ...]:
    wanted = (each for each in order.live_shipments if fact.shipment_id in (None, each.id))
    return tuple(each for each in wanted if each.state in STOPPABLE)


def of_the_hub(pad: OrderPad, reason: str) -> None:
    """Recall what must not be sent, and hold it once it is stopped (O-30, O-41)."""
    for shipment in pad.order.live_shipments:
        if shipment.state in STOPPABLE and not is_open(pad.order, shipment.id):
            _ask(pad, shipment, "hold", reason, whole=True)


def _ask(pad: OrderPad, shipment: Shipment, intent: str, reason: str, *, whole: bool) -> None:
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


def answered(pad: OrderPad, fact: facts.RecallAccepted | facts.RecallRefused) -> Answer:
    """Record the warehouse's answer; goods stopped without a recall raise the alert `recalled`."""
    order = pad.order
    shipment = order.shipment(fact.shipment_id)
    if shipment is None:
        return shipping.unknown(pad, fact.shipment_id)
    about = [each for each in order.recalls if each.shipment_id == fact.shipment_id]
    answerable = shipment.state in STOPPABLE or isinstance(fact, facts.RecallRefused)
    for recall in reversed(about):
        if answerable and MACHINE.take(pad, recall, type(fact)):
            return Outcome.APPLIED
    named = [each for each in about if fact.request_id in (None, each.id)]
    return _answered_before(pad, fact, named[-1]) if named else _of_no_recall(pad, fact)


def _answered_before(pad: OrderPad, fact: facts.RecallAccepted | facts.RecallRefused, recall: Recall) -> Answer:
    """Tell what the recall's answer was; have a person look at one that contradicts it (O-79)."""
    accepted = isinstance(fact, facts.RecallAccepted)
    if accepted is (recall.state is ACCEPTED):
        return Late(Why.REPEATED, f"the recall is {recall.state}")
    return pad.alert_once("recall_contradicted", UNEXPECTED, recall.shipment_id)


def _of_no_recall(pad: OrderPad, fact: facts.RecallAccepted | facts.RecallRefused) -> Answer:
    if isinstance(fact, facts.RecallRefused):
        return Late(Why.NOT_ASKED, "no such recall of the shipment was asked for")
    if pad.order.state in ENDED:
        return Late(Why.SETTLED, f"the goods stay there anyway: the order is {pad.order.state}")
    return pad.alert_once("recalled", UNEXPECTED, fact.shipment_id)


def unanswered(pad: OrderPad, shipment_id: str) -> bool:
    """Treat a recall without an answer in time as refused (H-07)."""
    for recall in pad.order.recalls:
        if recall.shipment_id == shipment_id and recall.state is OPEN:
            return MACHINE.take(pad, recall, Step.RECALL_DUE)
    return False
