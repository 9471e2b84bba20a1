"""Notes: what is written down about an order, sent to its customer again, or asked about its items."""

from domain.deciding import calendar
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.scratchpad import Draft
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events, facts, requests


def comment(draft: Draft, fact: facts.CommentOrder) -> Answer:
    """Add a note (EP-22)."""
    draft.rules.append("EP-22")
    draft.emit(events.NoteAdded(fact.text))
    return Outcome.APPLIED


def resend(draft: Draft, fact: desk.ResendEmail) -> Answer:
    """Send an e-mail of the order once more (OMC-35)."""
    draft.rules.append("OMC-35")
    draft.email_again(fact.template)
    return Outcome.APPLIED


def correct(draft: Draft, fact: desk.CorrectItem) -> Answer:
    """Have the warehouse correct an item; it counts from the next working morning on (OSM-55, OSM-56)."""
    if not fact.reason:
        return Refusal("reason_required", "a correction says what is wrong", "give it as the reason")
    draft.rules.append("OSM-55")
    cause, order = draft.received.cause, draft.order
    name = draft.id("item-correction", cause.source, cause.id)
    draft.ask(requests.ItemCorrectionRequested(name, fact.model, fact.reason))
    counts_from = calendar.next_working_morning(draft.policy, order.store, draft.now)
    draft.arm(Deadline.CORRECTION, counts_from - draft.now, fact.model)
    draft.emit(events.ItemCorrectionAsked(fact.model, counts_from))
    return Outcome.APPLIED


def corrected(draft: Draft, fact: facts.ItemCorrected) -> Answer:
    """Take the warehouse's word that an item is corrected (OSM-56)."""
    waits = any(t.kind == Deadline.CORRECTION and t.subject == fact.model for t in draft.order.timers)
    if not waits:
        return Outcome.LATE
    draft.rules.append("OSM-56")
    draft.disarm(Deadline.CORRECTION, fact.model)
    draft.emit(events.NoteAdded(f"item {fact.model} corrected"))
    return Outcome.APPLIED


def link(draft: Draft, fact: desk.LinkOrder) -> Answer:
    """Say here and on the other order that they belong together (PEL-25)."""
    order = draft.order
    if fact.other_id == order.id:
        return Refusal("gate", "an order doesn't belong to itself", "give the other order's id")
    if fact.other_id in order.links:
        return Refusal("duplicate", f"the order is linked to {fact.other_id} already", "look at its links")
    draft.rules.append("PEL-25")
    draft.order = changed(order, links=(*order.links, fact.other_id))
    draft.emit(events.OrderLinked(fact.other_id, fact.link))
    draft.send(fact.other_id, facts.OrderRelated(order.id, fact.link))
    return Outcome.APPLIED


def related(draft: Draft, fact: facts.OrderRelated) -> Answer:
    """Take what another order says of the two (PEL-25, OSM-77)."""
    order = draft.order
    if fact.other_id in order.links and fact.note is None:
        return Outcome.LATE
    if fact.other_id not in order.links:
        draft.rules.append("PEL-25")
        draft.order = changed(order, links=(*order.links, fact.other_id))
        draft.emit(events.OrderLinked(fact.other_id, fact.link))
    if fact.note is not None:
        draft.rules.append("OSM-77")
        draft.emit(events.NoteAdded(fact.note))
    return Outcome.APPLIED
