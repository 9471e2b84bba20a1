"""Notes: what is written down about an order, sent to its customer again, or asked about its items."""

from contracts import commands as desk
from domain.deciding import calendar
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Refusal, Why
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.scratchpad import OrderPad


def comment(pad: OrderPad, fact: facts.CommentOrder) -> Answer:
    """Add a note (EP-22)."""
    pad.rules.append("EP-22")
    pad.emit(events.NoteAdded(fact.text))
    return Outcome.APPLIED


def resend(pad: OrderPad, fact: desk.ResendEmail) -> Answer:
    """Send an e-mail of the order once more (OMC-35)."""
    pad.rules.append("OMC-35")
    pad.email_again(fact.template)
    return Outcome.APPLIED


def correct(pad: OrderPad, fact: desk.CorrectItem) -> Answer:
    """Have the warehouse correct an item; it counts from the next working morning on (OSM-55, OSM-56)."""
    if not fact.reason:
        return Refusal("reason_required", "a correction says what is wrong", "give it as the reason")
    pad.rules.append("OSM-55")
    cause, order = pad.received.cause, pad.order
    name = pad.id("item-correction", cause.source, cause.id)
    pad.ask(requests.ItemCorrectionRequested(name, fact.model, fact.reason))
    counts_from = calendar.next_working_morning(pad.policy, order.store, pad.now)
    pad.arm(Deadline.CORRECTION, counts_from - pad.now, fact.model)
    pad.emit(events.ItemCorrectionAsked(fact.model, counts_from))
    return Outcome.APPLIED


def corrected(pad: OrderPad, fact: facts.ItemCorrected) -> Answer:
    """Take the warehouse's word that an item is corrected (OSM-56)."""
    waits = any(t.kind == Deadline.CORRECTION and t.subject == fact.model for t in pad.order.timers)
    if not waits:
        return Late(Why.NOT_ASKED, "no correction of the item is awaited")
    pad.rules.append("OSM-56")
    pad.disarm(Deadline.CORRECTION, fact.model)
    pad.emit(events.NoteAdded(f"item {fact.model} corrected"))
    return Outcome.APPLIED


def link(pad: OrderPad, fact: desk.LinkOrder) -> Answer:
    """Say here and on the other order that they belong together (PEL-25)."""
    order = pad.order
    if fact.other_id == order.id:
        return Refusal("gate", "an order doesn't belong to itself", "give the other order's id")
    if fact.other_id in order.links:
        return Refusal("duplicate", f"the order is linked to {fact.other_id} already", "look at its links")
    pad.rules.append("PEL-25")
    pad.order = changed(order, links=(*order.links, fact.other_id))
    pad.emit(events.OrderLinked(fact.other_id, fact.link))
    pad.send(fact.other_id, facts.OrderRelated(order.id, fact.link))
    return Outcome.APPLIED


def related(pad: OrderPad, fact: facts.OrderRelated) -> Answer:
    """Take what another order says of the two (PEL-25, OSM-77)."""
    order = pad.order
    if fact.other_id in order.links and fact.note is None:
        return Late(Why.REPEATED, "the orders are linked")
    if fact.other_id not in order.links:
        pad.rules.append("PEL-25")
        pad.order = changed(order, links=(*order.links, fact.other_id))
        pad.emit(events.OrderLinked(fact.other_id, fact.link))
    if fact.note is not None:
        pad.rules.append("OSM-77")
        pad.emit(events.NoteAdded(fact.note))
    return Outcome.APPLIED
