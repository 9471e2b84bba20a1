"""Fraud: a verdict lets an order through or puts it before a person."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.received import Received
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.order import ENDED, ORDERS, RANK, Order, State, Verdict
from domain.orders.scratchpad import UNEXPECTED, OrderPad

_NOT_SCORED = frozenset({"support", "exchange", "zero"})
DISPUTED: Final = "verdicts_differ"
"""The alert of two verdicts that say otherwise, of which clock and log don't agree on the later one."""
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


def ask_score(pad: OrderPad, order: Order) -> None:
    """Ask the fraud service for its verdict."""
    address = None if order.contact is None else order.contact.shipping_address
    country = "" if address is None else address.country
    amount = pad.money(order.total)
    pad.ask(requests.ScoreRequested(pad.id("score"), order.number, order.customer_id, amount, order.channel, country))
    pad.arm(Deadline.FRAUD, pad.policy.fraud_answer)


def scored(pad: OrderPad, fact: facts.FraudScored) -> Answer:
    """Note the verdict; of one service the last in the log counts, of several the latest by their clocks (O-10)."""
    order, received = pad.order, pad.received
    clear = fact.verdict == "clear"  # a decline, or a word invented since, needs a person as a review does
    before, by = order.verdict, received.cause
    if order.kind in _NOT_SCORED:
        return Late(Why.NOT_ASKED, f"an order of kind {order.kind} is not scored")
    if order.state in ENDED:
        return Late(Why.SETTLED, f"the order is {order.state}")
    if order.rank >= RANK[State.SENT]:
        return _after_dispatch(pad, fact, clear=clear)
    if before is not None and clear == before.clear and received.occurred_at <= before.at:
        return Late(Why.REPEATED, "the verdict is the same, and no newer")
    if before is not None and received.occurred_at < before.at:
        pad.rules.append("O-60")
        pad.alert(DISPUTED, text=_reasons(fact))
        if before.source not in ("", by.source):
            return Outcome.APPLIED  # another service's newer word stands
    else:
        pad.clear(DISPUTED)
    pad.order = changed(pad.order, verdict=_verdict(received, fact))
    pad.disarm(Deadline.FRAUD)
    if warned(pad.order) or (doubted(pad.order) and order.rank < RANK[State.APPROVED]):
        pad.alert("fraud", text=_reasons(fact))
    else:
        pad.clear("fraud")
    return Outcome.APPLIED


def _after_dispatch(pad: OrderPad, fact: facts.FraudScored, *, clear: bool) -> Answer:
    """Have a person look at the first doubt of goods that are gone: they may still be stopped on their way (O-79)."""
    if clear:
        return Late(Why.SETTLED, f"the goods are gone: the order is {pad.order.state}")
    if warned(pad.order):
        return Late(Why.REPEATED, "the order was doubted before its goods left")
    return pad.alert_once("doubted_after_dispatch", UNEXPECTED, _reasons(fact))


def _verdict(received: Received, fact: facts.FraudScored) -> Verdict:
    cause, clear = received.cause, fact.verdict == "clear"
    return Verdict(clear, received.occurred_at, cause.id, cause.source, fact.score, fact.reasons)


def _reasons(fact: facts.FraudScored) -> str | None:
    """Return what the service says against the order, for whoever judges it (OSM-26, OSM-28)."""
    return ", ".join(fact.reasons)[:LONGEST_REASONS] or None


def customer_answered(pad: OrderPad, fact: facts.CustomerAnswered) -> Answer:
    """Take the customer's answer to the follow-up (O-16); one to a question not asked yet is early."""
    if pad.order.state is State.RISK_FOLLOW_UP:
        return Outcome.APPLIED
    early = not pad.order.asked_customer and pad.order.state in ORDERS["unasked"]
    if early:
        return Outcome.PARKED
    if not pad.order.asked_customer:
        return Late(Why.NOT_ASKED, "no question was put to the customer")
    return Late(Why.SETTLED, f"the question to the customer is settled: the order is {pad.order.state}")


def ask_customer(pad: OrderPad, order: Order) -> None:
    """Ask the customer about the order, under a deadline (O-15)."""
    number = order.follow_ups + 1
    pad.order = changed(pad.order, asked_customer=True, follow_ups=number)
    pad.disarm(Deadline.REVIEW)
    pad.emit(events.OrderFollowUp())
    pad.email("follow_up", str(number) if number > 1 else "")
    pad.arm(Deadline.FOLLOW_UP, pad.policy.follow_up)


def back_to_review(pad: OrderPad, order: Order) -> None:
    """Put the answered order before a person again (O-16); what the customer wrote stays out of public events."""
    pad.disarm(Deadline.FOLLOW_UP)
    pad.clear("no_answer")
    pad.emit(events.OrderRiskReview("review"))
    pad.alert("customer_answered")
    pad.arm(Deadline.REVIEW, pad.policy.review)


def before_a_person(pad: OrderPad, order: Order) -> None:
    """Hold the order for its verdict or for a person (O-09)."""
    verdict = None if order.verdict is None else "review"
    pad.emit(events.OrderRiskReview(verdict))
    watch(pad, order)


def watch(pad: OrderPad, order: Order) -> None:
    """Give the person who has to look at the order a deadline."""
    if doubted(order):
        pad.alert("fraud")
        pad.arm(Deadline.REVIEW, pad.policy.review)


def settle_doubt(pad: OrderPad, order: Order) -> None:
    """Take back what a doubted order showed."""
    pad.disarm(Deadline.REVIEW)
    pad.disarm(Deadline.FOLLOW_UP)
    pad.clear("fraud", "no_answer", "customer_answered")


def clear_by_hand(pad: OrderPad, order: Order) -> None:
    """Note that a person cleared the order (O-14)."""
    pad.clear("blacklisted_customer", DISPUTED)
    pad.emit(events.FraudCleared())


def confirm(pad: OrderPad, order: Order) -> None:
    """Tell the fraud service that fraud was proven (O-18, OSM-35)."""
    pad.ask(requests.FraudConfirmed(order.number, "fraud_proven"))
    pad.alert("blacklisting_suggested")
