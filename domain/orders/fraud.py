"""Fraud: a verdict lets an order through or puts it before a person."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome
from domain.deciding.scratchpad import Draft
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.order import ENDED, RANK, Order, State, Verdict

_NOT_SCORED = frozenset({"support", "exchange", "zero"})
LONGEST_REASONS: Final = 2000
"""Characters of the service's reasons that an alert repeats: as many as the text of an event may have."""


def cleared(order: Order) -> bool:
    """Tell whether nobody doubts the order; one of a blacklisted customer is always doubted (A-26)."""
    return order.verdict is not None and order.verdict.clear and not order.always_review


def doubted(order: Order) -> bool:
    """Tell whether a person has to look at the order."""
    return order.verdict is not None and not cleared(order)


def warned(order: Order) -> bool:
    """Tell whether the fraud service itself doubts the order (O-41)."""
    return order.verdict is not None and not order.verdict.clear


def ask_score(draft: Draft, order: Order) -> None:
    """Ask the fraud service for its verdict."""
    address = None if order.contact is None else order.contact.shipping_address
    country = "" if address is None else address.country
    amount = draft.money(order.total)
    draft.ask(
        requests.ScoreRequested(draft.id("score"), order.number, order.customer_id, amount, order.channel, country)
    )
    draft.arm(Deadline.FRAUD, draft.policy.fraud_answer)


def scored(draft: Draft, fact: facts.FraudScored) -> Answer:
    """Note the verdict: a later one, by the service's own time and id, supersedes an earlier one (O-10)."""
    order, at, by = draft.order, draft.received.occurred_at, draft.received.cause.id
    clear = fact.verdict == "clear"  # a decline, or a word invented since, needs a person as a review does
    if order.kind in _NOT_SCORED or order.state in ENDED or order.rank >= RANK[State.SENT]:
        return Outcome.LATE
    before = order.verdict
    if before is not None and ((at, by) <= (before.at, before.id) or (at == before.at and clear == before.clear)):
        return Outcome.LATE
    draft.order = changed(order, verdict=Verdict(clear, at, by))
    draft.disarm(Deadline.FRAUD)
    if warned(draft.order) or (doubted(draft.order) and order.rank < RANK[State.APPROVED]):
        draft.alert("fraud", text=_reasons(fact))
    else:
        draft.clear("fraud")
    return Outcome.APPLIED


def _reasons(fact: facts.FraudScored) -> str | None:
    """Return what the service says against the order, for whoever judges it (OSM-26, OSM-28)."""
    return ", ".join(fact.reasons)[:LONGEST_REASONS] or None


def customer_answered(draft: Draft, fact: facts.CustomerAnswered) -> Answer:
    """Take the customer's answer to the follow-up (O-16); one to a question not asked yet is early."""
    if draft.order.state is State.RISK_FOLLOW_UP:
        return Outcome.APPLIED
    early = not draft.order.asked_customer and draft.order.state in (State.PAYMENT_PENDING, State.RISK_REVIEW)
    return Outcome.PARKED if early else Outcome.LATE


def ask_customer(draft: Draft, order: Order) -> None:
    """Ask the customer about the order, under a deadline (O-15)."""
    number = order.follow_ups + 1
    draft.order = changed(draft.order, asked_customer=True, follow_ups=number)
    draft.disarm(Deadline.REVIEW)
    draft.emit(events.OrderFollowUp())
    draft.email("follow_up", str(number) if number > 1 else "")
    draft.arm(Deadline.FOLLOW_UP, draft.policy.follow_up)


def back_to_review(draft: Draft, order: Order) -> None:
    """Put the answered order before a person again (O-16); what the customer wrote stays out of public events."""
    draft.disarm(Deadline.FOLLOW_UP)
    draft.clear("no_answer")
    draft.emit(events.OrderRiskReview("review"))
    draft.alert("customer_answered")
    draft.arm(Deadline.REVIEW, draft.policy.review)


def before_a_person(draft: Draft, order: Order) -> None:
    """Hold the order for its verdict or for a person (O-09)."""
    verdict = None if order.verdict is None else "review"
    draft.emit(events.OrderRiskReview(verdict))
    watch(draft, order)


def watch(draft: Draft, order: Order) -> None:
    """Give the person who has to look at the order a deadline."""
    if doubted(order):
        draft.alert("fraud")
        draft.arm(Deadline.REVIEW, draft.policy.review)


def settle_doubt(draft: Draft, order: Order) -> None:
    """Take back what a doubted order showed."""
    draft.disarm(Deadline.REVIEW)
    draft.disarm(Deadline.FOLLOW_UP)
    draft.clear("fraud", "no_answer", "customer_answered")


def clear_by_hand(draft: Draft, order: Order) -> None:
    """Note that a person cleared the order (O-14)."""
    draft.clear("blacklisted_customer")
    draft.emit(events.FraudCleared())


def confirm(draft: Draft, order: Order) -> None:
    """Tell the fraud service that fraud was proven (O-18, OSM-35)."""
    draft.ask(requests.FraudConfirmed(order.number, "fraud_proven"))
    draft.alert("blacklisting_suggested")
