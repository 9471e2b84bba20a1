"""Availability: asking the warehouse for a shipment's lines, and reading its answer (S-03 to S-05)."""

from typing import Final

from contracts.references import SHIPMENT
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import facts, holds, requests
from domain.orders.order import LINES, ORDERS, SHIPMENT_RANK, Line, LineState, Order, Shipment, ShipmentState
from domain.orders.scratchpad import UNEXPECTED, OrderPad
from domain.orders.steps import Step

_ASKING: Final = ORDERS["asking"]
HERE: Final = LINES["here"]
MISSING: Final = LINES["missing"]
_ANSWERS = {"available": LineState.AVAILABLE, "restocking": LineState.RESTOCKING, "unavailable": LineState.UNAVAILABLE}


def request_id(order_id: str, shipment_id: str, asked: int) -> str:
    """Return the id of the availability request of this round."""
    return derive(order_id, "availability", shipment_id, asked)


def lines_of(order: Order, shipment: Shipment) -> tuple[Line, ...]:
    """Return the lines that a shipment carries."""
    here, kept = shipment.lines, LINES["kept"]
    return tuple([line for line in order.lines if line.line in here and line.state in kept])


def missing(order: Order) -> tuple[Line, ...]:
    """Return the lines that the warehouse does not have."""
    return tuple(line for line in order.lines if line.state in MISSING)


def known_missing(order: Order) -> tuple[Line, ...]:
    """Return the missing lines that are not being requested again."""
    answered = {number for each in order.live_shipments if _is_answered(each) for number in each.lines}
    return tuple(line for line in missing(order) if line.line in answered)


def _is_answered(shipment: Shipment) -> bool:
    return shipment.answered_at is not None and not shipment.ask_again


def all_here(pad: OrderPad, shipment: Shipment) -> bool:
    """Tell whether all its lines are available."""
    return all(line.state in HERE for line in lines_of(pad.order, shipment))


def some_missing(pad: OrderPad, shipment: Shipment) -> bool:
    """Tell whether some line is not available."""
    return not all_here(pad, shipment)


def may_ask(order: Order) -> bool:
    """Tell whether the warehouse may be asked: no hold is on, except that of an exchange (O-19)."""
    return holds.free(order, but=holds.EXCHANGE)


def asked_late(pad: OrderPad, shipment: Shipment) -> bool:
    """Tell whether its lines are to be asked for again, and nothing holds the order (S-02, O-26)."""
    return shipment.ask_again and pad.order.state in _ASKING and may_ask(pad.order)


def asked_line(line: Line, quantity: int) -> requests.AskedLine:
    """Return a line as requests name it: by its SKU, and by what people call it."""
    return requests.AskedLine(line.line, line.sku, quantity, title=line.title, variant=line.variant)


def ask(pad: OrderPad, shipment: Shipment) -> None:
    """Request all lines of the shipment in a new round, which replaces the one before (O-19, L-05)."""
    order = pad.order
    lines = lines_of(order, shipment)
    asked = shipment.round + 1
    pad.put_shipment(changed(shipment, round=asked, answered_at=None, answer=(), answered_by=None, ask_again=False))
    if asked == 1:
        pad.refer(SHIPMENT, "hub", shipment.id)
    pad.ask(
        requests.AvailabilityRequested(
            request_id(order.id, shipment.id, asked),
            shipment.id,
            order.number,
            asked,
            tuple(asked_line(line, line.quantity) for line in lines),
        )
    )
    pad.disarm(Deadline.RESTOCK, shipment.id)
    pad.arm(Deadline.AVAILABILITY, pad.policy.availability_answer, shipment.id)


def asked_again(pad: OrderPad, shipment: Shipment) -> None:
    """Let the order's own table know that the warehouse was asked again."""
    pad.tell(Step.ASKED_AGAIN)


def withdraw(pad: OrderPad, shipment: Shipment) -> None:
    """Withdraw the request, and the stock reserved for it (O-27)."""
    if shipment.round:
        asked = request_id(pad.order.id, shipment.id, shipment.round)
        pad.ask(requests.AvailabilityCancelled(asked, shipment.id))


def reserve(pad: OrderPad, shipment: Shipment) -> None:
    """Mark the lines as reserved (S-04)."""
    mark(pad, shipment, LineState.RESERVED)
    for kind in (Deadline.AVAILABILITY, Deadline.RESTOCK):
        pad.disarm(kind, shipment.id)
    pad.disarm(Deadline.REPLACEMENT)


def await_stock(pad: OrderPad, shipment: Shipment) -> None:
    """Set the deadline for the warehouse to find the missing lines (S-05)."""
    pad.disarm(Deadline.AVAILABILITY, shipment.id)
    pad.arm(Deadline.RESTOCK, pad.policy.restock, shipment.id)


def mark(pad: OrderPad, shipment: Shipment, state: LineState) -> None:
    """Set the state of every line that the shipment still carries."""
    numbers = {line.line for line in lines_of(pad.order, shipment)}
    lines = pad.order.lines
    pad.put_lines(tuple(changed(line, state=state) if line.line in numbers else line for line in lines))


def reported(pad: OrderPad, shipment: Shipment, fact: facts.AvailabilityReported) -> Answer:
    """Record the warehouse's answer in the lines (S-04, S-05).

    A later answer to the same request replaces an earlier one.
    """
    other = _other(pad, shipment, fact)
    if other is not None:
        return other
    answer = tuple(line for line in fact.lines if line.line in shipment.lines)
    at = pad.received.occurred_at
    if shipment.answered_at is not None and answer == shipment.answer:
        return Late(Why.REPEATED, "the warehouse has answered the same before")
    said = {line.line: line for line in answer}
    pad.put_lines(tuple(_answered(line, said) for line in pad.order.lines))
    pad.put_shipment(changed(shipment, answered_at=at, answer=answer, answered_by=fact.warehouse))
    return Outcome.APPLIED


def _other(pad: OrderPad, shipment: Shipment, fact: facts.AvailabilityReported) -> Answer | None:
    """Return what becomes of an answer to another request than the current one; None of an answer to that.

    It is parked where its request is still to come, late where a newer one was sent.
    """
    rounds = range(1, shipment.round + 1)
    asked = [request_id(pad.order.id, shipment.id, number) for number in rounds]
    if shipment.state is ShipmentState.CANCELLED or fact.request_id in asked[:-1]:
        return Late(Why.OVERTAKEN, "its request was withdrawn, or made anew")
    if fact.request_id not in asked:
        return Outcome.PARKED
    if shipment.ask_again or shipment.recalled:
        return Late(Why.OVERTAKEN, "it answers what was asked before the lines were changed or given back")
    return None if shipment.state is ShipmentState.AWAITING_AVAILABILITY else _after_all(pad, shipment, fact)


def _after_all(pad: OrderPad, shipment: Shipment, fact: facts.AvailabilityReported) -> Answer:
    """Have a person look at goods that are missing though they were set aside; once packed, they were there (O-79)."""
    lost = [line for line in fact.lines if line.line in shipment.lines and line.status != "available"]
    if not lost:
        return Late(Why.REPEATED, "the goods are set aside")
    if shipment.rank >= SHIPMENT_RANK[ShipmentState.PACKED]:
        return Late(Why.OVERTAKEN, f"the goods were there: the shipment is {shipment.state}")
    return pad.alert_once("stock_lost", UNEXPECTED, f"shipment {shipment.id}: lines {[line.line for line in lost]}")


def _answered(line: Line, said: dict[int, facts.ReportedLine]) -> Line:
    report = said.get(line.line)
    if report is None or line.state not in LINES["kept"]:
        return line
    return changed(line, state=_ANSWERS.get(report.status, LineState.ANOMALY), stock=report.stock)
