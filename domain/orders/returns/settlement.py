"""Settlement: the refund or exchange that follows a validated return, and a return that ends without one."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.money import refund_requests
from domain.orders.order import Return, ReturnState
from domain.orders.returns import exchanges, replacements
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step


def for_money(pad: OrderPad, returned: Return) -> bool:
    """Tell whether its outcome is a refund that was not requested yet."""
    return returned.outcome == "refund" and not returned.settled


def for_goods(pad: OrderPad, returned: Return) -> bool:
    """Tell whether its outcome is an exchange that was not released yet."""
    return returned.outcome == "exchange" and not returned.settled


def settle(pad: OrderPad, returned: Return) -> None:
    """Mark the return as settled, so that it is settled once."""
    pad.put_return(changed(returned, settled=True))


def refund(pad: OrderPad, returned: Return) -> None:
    """Request the refund; that of a replacement is requested where its pieces were paid (R-07, X-20)."""
    if pad.order.origin is not None:
        replacements.ask(pad, returned)
    else:
        refund_requests.for_return(pad, returned)


def exchange(pad: OrderPad, returned: Return) -> None:
    """Release the exchange order (R-08)."""
    opened = exchanges.of(pad.order, returned.code)
    if opened is not None:
        exchanges.MACHINE.take(pad, opened, Step.RETURN_VALIDATED)


def end(pad: OrderPad, returned: Return) -> None:
    """Publish that the return ended, and cancel its exchange (R-10 to R-12)."""
    pad.disarm(Deadline.RETURN, returned.code)
    pad.emit(events.ReturnEnded(returned.code, returned.state))
    if returned.state is ReturnState.REFUSED:
        pad.email("return_refused", returned.code, rma_code=returned.code)
    opened = exchanges.of(pad.order, returned.code)
    if opened is not None:
        exchanges.MACHINE.take(pad, opened, Step.RETURN_ENDED)
