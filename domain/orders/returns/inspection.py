"""Inspection: accepting the returned goods (R-03, R-06, R-09)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, pieces
from domain.orders.order import Line, LineState, Order, Return
from domain.orders.scratchpad import OrderPad


def accepted(pad: OrderPad, returned: Return) -> bool:
    """Tell whether the goods were accepted."""
    return returned.accepted


def validate(pad: OrderPad, returned: Return) -> None:
    """Publish that the goods are accepted; mark lines of which all pieces are back as returned."""
    pad.disarm(Deadline.RETURN, returned.code)
    pad.emit(events.ReturnValidated(returned.code))
    pad.put_lines(
        tuple(
            changed(line, state=LineState.RETURNED) if line.quantity and _all_back(pad.order, line) else line
            for line in pad.order.lines
        )
    )


def _all_back(order: Order, line: Line) -> bool:
    return pieces.of(order, line).returned >= line.quantity
