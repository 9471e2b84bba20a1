"""Availability: asking the warehouse for the lines of a shipment, and reading its answer line by line."""

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome
from domain.deciding.identity import derive
from domain.deciding.scratchpad import Draft
from domain.deciding.values import changed
from domain.orders import facts, requests
from domain.orders.order import Line, LineState, Order, Shipment, ShipmentState

HERE = frozenset({LineState.AVAILABLE, LineState.RESERVED})
MISSING = frozenset({LineState.ANOMALY, LineState.RESTOCKING, LineState.UNAVAILABLE})
_ANSWERS = {"available": LineState.AVAILABLE, "restocking": LineState.RESTOCKING, "unavailable": LineState.UNAVAILABLE}


def request_id(order_id: str, shipment_id: str, asked: int) -> str:
    """Return the id of the question of this round."""
    return derive(order_id, "availability", shipment_id, asked)


def lines_of(order: Order, shipment: Shipment) -> tuple[Line, ...]:
    """Return the lines that a shipment carries."""
    here, gone = shipment.lines, LineState.CANCELLED
    return tuple([line for line in order.lines if line.line in here and line.state is not gone])


def missing(order: Order) -> tuple[Line, ...]:
    """Return the lines that the warehouse doesn't have."""
    return tuple(line for line in order.lines if line.state in MISSING)


def known_missing(order: Order) -> tuple[Line, ...]:
    """Return the missing lines that the warehouse is not being asked for again."""
    answered = {number for each in order.live_shipments if _is_answered(each) for number in each.lines}
    return tuple(line for line in missing(order) if line.line in answered)


def _is_answered(shipment: Shipment) -> bool:
    return shipment.answered_at is not None and not shipment.ask_again


def all_here(draft: Draft, shipment: Shipment) -> bool:
    """Tell whether all its lines are available."""
    return all(line.state in HERE for line in lines_of(draft.order, shipment))


def some_missing(draft: Draft, shipment: Shipment) -> bool:
    """Tell whether some line is not available."""
    return not all_here(draft, shipment)


def ask(draft: Draft, shipment: Shipment) -> None:
    """Ask for all lines of the shipment, in a new round that supersedes an earlier one (O-19, L-05)."""
    order = draft.order
    lines = lines_of(order, shipment)
    asked = shipment.round + 1
    draft.put_shipment(changed(shipment, round=asked, answered_at=None, answer=(), ask_again=False))
    draft.ask(
        requests.AvailabilityRequested(
            request_id(order.id, shipment.id, asked),
            shipment.id,
            order.number,
            asked,
            tuple(requests.AskedLine(line.line, line.sku, line.quantity) for line in lines),
        )
    )
    draft.disarm(Deadline.RESTOCK, shipment.id)
    draft.arm(Deadline.AVAILABILITY, draft.policy.availability_answer, shipment.id)


def withdraw(draft: Draft, shipment: Shipment) -> None:
    """Take the question back, and what was set aside for it (O-27)."""
    if shipment.round:
        asked = request_id(draft.order.id, shipment.id, shipment.round)
        draft.ask(requests.AvailabilityCancelled(asked, shipment.id))


def reserve(draft: Draft, shipment: Shipment) -> None:
    """Mark the lines as set aside (S-04)."""
    mark(draft, shipment, LineState.RESERVED)
    for kind in (Deadline.AVAILABILITY, Deadline.RESTOCK):
        draft.disarm(kind, shipment.id)
    draft.disarm(Deadline.REPLACEMENT)


def await_stock(draft: Draft, shipment: Shipment) -> None:
    """Wait for the warehouse to find the missing lines (S-05)."""
    draft.disarm(Deadline.AVAILABILITY, shipment.id)
    draft.arm(Deadline.RESTOCK, draft.policy.restock, shipment.id)


def mark(draft: Draft, shipment: Shipment, state: LineState) -> None:
    """Give every line that the shipment still carries this state."""
    numbers = {line.line for line in lines_of(draft.order, shipment)}
    lines = draft.order.lines
    draft.put_lines(tuple(changed(line, state=state) if line.line in numbers else line for line in lines))


def _answered(line: Line, said: dict[int, facts.ReportedLine]) -> Line:
    report = said.get(line.line)
    if report is None or line.state is LineState.CANCELLED:
        return line
    return changed(line, state=_ANSWERS.get(report.status, LineState.ANOMALY), stock=report.stock)


def _stance(draft: Draft, shipment: Shipment | None, fact: facts.AvailabilityReported) -> Outcome:
    """Say whether the answer is to the current question (applied), to one not asked yet (parked), or to an old one."""
    if shipment is None:
        return Outcome.LATE
    rounds = range(1, shipment.round + 1)
    asked = [request_id(draft.order.id, shipment.id, number) for number in rounds]
    if shipment.state is ShipmentState.CANCELLED or fact.request_id in asked[:-1]:
        return Outcome.LATE
    if fact.request_id not in asked:
        return Outcome.PARKED
    if shipment.ask_again or shipment.recalled:
        return Outcome.LATE  # an answer to what was asked before the lines were changed or given back
    return Outcome.APPLIED if shipment.state is ShipmentState.AWAITING_AVAILABILITY else Outcome.LATE


def reported(draft: Draft, fact: facts.AvailabilityReported) -> Answer:
    """Read the warehouse's answer into the lines; its own later answer to the same question supersedes (S-04, S-05)."""
    shipment = next((s for s in draft.order.shipments if s.id == fact.shipment_id), None)
    outcome = _stance(draft, shipment, fact)
    if shipment is None or outcome is not Outcome.APPLIED:
        return outcome
    answer = tuple(line for line in fact.lines if line.line in shipment.lines)
    at = draft.received.occurred_at
    if shipment.answered_at is not None and (at < shipment.answered_at or answer == shipment.answer):
        return Outcome.LATE
    said = {line.line: line for line in answer}
    draft.put_lines(tuple(_answered(line, said) for line in draft.order.lines))
    draft.put_shipment(changed(shipment, answered_at=at, answer=answer))
    return Outcome.APPLIED
