"""Receipts: counting the returned pieces that arrive at the warehouse (R-04, R-05, R-14)."""

from collections import Counter

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.order import Order, Return, ReturnedLine, ReturnState
from domain.orders.scratchpad import OrderPad


def complete(pad: OrderPad, returned: Return) -> bool:
    """Tell whether all pieces have arrived."""
    return all(entry.received >= entry.quantity for entry in returned.lines)


def some(pad: OrderPad, returned: Return) -> bool:
    """Tell whether some pieces have arrived."""
    return any(entry.received for entry in returned.lines if not is_digital(pad.order, entry.line))


def too_many(pad: OrderPad, returned: Return) -> bool:
    """Tell whether more pieces arrived than were announced."""
    closed = returned.state is ReturnState.VALIDATED
    announced: dict[int, int] = {}
    for entry in returned.lines:
        announced[entry.line] = announced.get(entry.line, 0) + (entry.received if closed else entry.quantity)
    for receipt in returned.receipts:
        for line in receipt.lines:
            announced[line.line] = announced.get(line.line, 0) - line.quantity
    return any(left < 0 for left in announced.values())


def count(returned: Return, arrived: tuple[facts.ReceivedLine, ...]) -> tuple[ReturnedLine, ...]:
    """Return the lines of a return with the arrived pieces counted.

    A line returned for several reasons has several entries; they fill up in order.
    """
    left: dict[int, int] = {}
    for each in arrived:
        left[each.line] = left.get(each.line, 0) + each.quantity
    counted = []
    for entry in returned.lines:
        taken = min(entry.quantity - entry.received, left.get(entry.line, 0))
        left[entry.line] = left.get(entry.line, 0) - taken
        counted.append(changed(entry, received=entry.received + taken))
    return tuple(counted)


def same(one: tuple[facts.ReceivedLine, ...], other: tuple[facts.ReceivedLine, ...]) -> bool:
    """Tell whether two receipts name the same pieces, in whatever order."""
    return _by_line(one) == _by_line(other)


def _by_line(lines: tuple[facts.ReceivedLine, ...]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for each in lines:
        counted[each.line] += each.quantity
    return counted


def publish(pad: OrderPad, returned: Return) -> None:
    """Publish what arrived; end the deadline of the return once it is complete."""
    complete = returned.state is ReturnState.RECEIVED
    pad.emit(events.ReturnReceived(returned.code, complete, pieces(pad.order, returned.receipts[-1].lines)))
    if complete:
        pad.disarm(Deadline.RETURN, returned.code)


def excess(pad: OrderPad, returned: Return) -> None:
    """Raise the alert `excess`."""
    pad.alert("excess")


def pieces(order: Order, lines: tuple[ReturnedLine, ...] | tuple[facts.ReceivedLine, ...]) -> tuple[events.Pieces, ...]:
    """Return these pieces with their SKUs; lines unknown to the order are left out (PEL-26)."""
    skus = {line.line: line.sku for line in order.lines}
    return tuple(
        events.Pieces(line=each.line, sku=skus[each.line], quantity=each.quantity)
        for each in lines
        if each.line in skus
    )


def is_digital(order: Order, number: int) -> bool:
    """Tell whether a line is digital, so that nothing of it travels."""
    line = order.line(number)
    return line is not None and line.kind != "shippable"
