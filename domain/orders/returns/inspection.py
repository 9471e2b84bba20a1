"""Inspection: accepting the returned goods (R-03, R-06, R-09)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.order import LineState, Order, Return, ReturnState
from domain.orders.scratchpad import OrderPad


def accepted(pad: OrderPad, returned: Return) -> bool:
    """Tell whether the goods were accepted."""
    return returned.accepted


def validate(pad: OrderPad, returned: Return) -> None:
    """Publish that the goods are accepted; mark lines of which all pieces are back as returned."""
    pad.disarm(Deadline.RETURN, returned.code)
    pad.emit(events.ReturnValidated(returned.code))
    back = {line.line: _taken_back(pad.order, line.line) for line in pad.order.lines}
    pad.put_lines(
        tuple(
            changed(line, state=LineState.RETURNED) if line.quantity and back[line.line] >= line.quantity else line
            for line in pad.order.lines
        )
    )


def _taken_back(order: Order, number: int) -> int:
    validated = (returned for returned in order.returns if returned.state is ReturnState.VALIDATED)
    return sum(entry.received for returned in validated for entry in returned.lines if entry.line == number)
