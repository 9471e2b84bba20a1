"""Replacements: orders that replace pieces of another one, by an exchange or free of charge (X-20 to X-22).

They tell the original order what became of these pieces. What was paid for stands in the order where it was paid: a
replacement whose pieces come back for money asks the order that it replaces pieces of. That one finds the money, or
passes the question on if it is a replacement itself.
"""

from collections import Counter
from collections.abc import Mapping

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.money import refund_amounts, refund_requests
from domain.orders.order import ENDED, LINES, Order, Replaced, Return
from domain.orders.scratchpad import OrderPad


def ask(pad: OrderPad, returned: Return) -> None:
    """Ask the original order for the money of pieces that came back to this one (X-20)."""
    numbers = dict.fromkeys(entry.line for entry in returned.lines)
    arrived = {number: refund_amounts.accepted(pad.order, returned, number) for number in numbers}
    pad.rules.append("X-20")
    if any(arrived.values()):
        _pass_on(pad, arrived, returned.code, pad.order.id, shipping=returned.refund_shipping)
        pad.arm(Deadline.ORIGIN, pad.policy.exchange_answer, returned.code)
    else:
        pad.alert("nothing_to_refund")


def _pass_on(pad: OrderPad, arrived: Mapping[int, int], rma_code: str, asked_by: str, *, shipping: bool) -> None:
    order = pad.order
    assert order.origin is not None
    at_origin: Counter[int] = Counter()
    for number, quantity in arrived.items():
        at_origin[_replaces(order, number)] += quantity
    lines = tuple(facts.ExchangeLine(number, quantity) for number, quantity in at_origin.items() if quantity)
    pad.send(order.origin.order_id, facts.ReplacementReturned(order.id, asked_by, rma_code, lines, shipping))


def _replaces(order: Order, number: int) -> int:
    line = order.line(number)
    return number if line is None else line.replaces or number


def returned(pad: OrderPad, fact: facts.ReplacementReturned) -> Answer:
    """Find the money of pieces that came back to the order that replaced them, and answer (X-20, F-40)."""
    pad.rules.append("X-20")
    found = _settle(pad, fact.replacement_id, fact.lines, dropped=False)
    if pad.order.origin is not None and found:
        _pass_on(pad, found, fact.rma_code, fact.asked_by, shipping=fact.refund_shipping)
        return Outcome.APPLIED
    refund = None
    if found:
        refund = refund_requests.for_replaced(pad, found, fact.replacement_id, shipping=fact.refund_shipping)
    order = pad.order
    amount = None if refund is None else pad.money(refund.amount)
    refund_id = None if refund is None else refund.id
    pad.send(fact.asked_by, facts.ReplacementAnswered(order.id, order.number, fact.rma_code, refund_id, amount))
    return Outcome.APPLIED


def answered(pad: OrderPad, fact: facts.ReplacementAnswered) -> Answer:
    """Note where the money was found; without any, raise the alert `nothing_to_refund` (X-20)."""
    if not any(timer.kind == Deadline.ORIGIN and timer.subject == fact.rma_code for timer in pad.order.timers):
        return Late(Why.SETTLED, f"return {fact.rma_code} waits for no money")
    pad.rules.append("X-20")
    pad.disarm(Deadline.ORIGIN, fact.rma_code)
    if fact.refund_id is None:
        pad.alert("nothing_to_refund")
    else:
        pad.emit(events.NoteAdded(f"return {fact.rma_code} is refunded on order {fact.origin_number}"))
    return Outcome.APPLIED


def tell_removed(pad: OrderPad, before: Order) -> None:
    """Tell the original order which of its pieces this one will not replace any more (X-21).

    An exchange that is cancelled as a whole has its own answer (X-07), and the original order itself said how many
    pieces to send (X-04).
    """
    order = pad.order
    if order.origin is None or before.state is None or isinstance(pad.received.fact, facts.ReleaseExchange):
        return
    if order.kind == "exchange" and order.state in ENDED:
        return
    fewer = _wanted(before) - _wanted(order)
    if fewer:
        lines = tuple(facts.ExchangeLine(number, quantity) for number, quantity in sorted(fewer.items()))
        pad.send(order.origin.order_id, facts.ReplacementRemoved(order.id, lines))


def _wanted(order: Order) -> Counter[int]:
    """Return by line of the original order how many pieces this order replaces."""
    wanted: Counter[int] = Counter()
    for line in order.lines:
        if line.state in LINES["kept"]:
            wanted[line.replaces or line.line] += line.quantity
    return wanted


def removed(pad: OrderPad, fact: facts.ReplacementRemoved) -> Answer:
    """Give pieces back that a free copy will not replace (X-21), or the money of exchanged ones (X-22)."""
    found = _settle(pad, fact.replacement_id, fact.lines, dropped=True)
    if not found:
        return Late(Why.SETTLED, "its pieces are replaced, or given back already")
    pad.rules.append("X-21")
    told = ", ".join(f"{quantity} of line {number}" for number, quantity in found.items())
    pad.emit(events.NoteAdded(f"order {fact.replacement_id} will not replace {told}"))
    exchanged = next((each for each in pad.order.exchanges if each.order_id == fact.replacement_id), None)
    if exchanged is not None:
        _pay_exchanged(pad, found, fact.replacement_id, exchanged.rma_code)
    return Outcome.APPLIED


def _pay_exchanged(pad: OrderPad, found: Mapping[int, int], replacement_id: str, rma_code: str) -> None:
    """Give the money of pieces that came back for an exchange and are not replaced after all (X-22)."""
    pad.rules.append("X-22")
    if pad.order.origin is not None:
        _pass_on(pad, found, rma_code, pad.order.id, shipping=False)
        pad.arm(Deadline.ORIGIN, pad.policy.exchange_answer, rma_code)
    elif refund_requests.for_replaced(pad, found, replacement_id, shipping=False) is None:
        pad.alert("nothing_to_refund")


def _settle(
    pad: OrderPad, replacement_id: str, lines: tuple[facts.ExchangeLine, ...], *, dropped: bool
) -> dict[int, int]:
    """Write down what became of replaced pieces; return by line how many there were, at most those replaced."""
    found: dict[int, int] = {}
    for entry in lines:
        record = _record(pad.order, replacement_id, entry.line)
        taken = 0 if record is None else min(entry.quantity, record.open)
        if record is None or not taken:
            continue
        found[entry.line] = found.get(entry.line, 0) + taken
        new = changed(record, dropped=record.dropped + taken) if dropped else changed(record, back=record.back + taken)
        _put(pad, new)
    return found


def _record(order: Order, replacement_id: str, number: int) -> Replaced | None:
    """Return what another order replaces of a line; of exchanges released before it was written down, what came."""
    for each in order.replaced:
        if (each.order_id, each.line) == (replacement_id, number):
            return each
    exchange = next((each for each in order.exchanges if each.order_id == replacement_id), None)
    if exchange is None or exchange.state not in ("released", "done"):
        return None
    returned = next(each for each in order.returns if each.code == exchange.rma_code)
    arrived = sum(entry.received for entry in returned.lines if entry.line == number)
    return Replaced(replacement_id, number, arrived, exchange.rma_code) if arrived else None


def _put(pad: OrderPad, record: Replaced) -> None:
    """Put a record in place of what it was, or add it."""
    key = (record.order_id, record.line)
    others = tuple(each for each in pad.order.replaced if (each.order_id, each.line) != key)
    pad.order = changed(pad.order, replaced=(*others, record))
