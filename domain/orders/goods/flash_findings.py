"""Flash findings: what the reorder desk found or could not find (L-05, L-06, L-09)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import facts, requests
from domain.orders.goods import availability, flash_search, shipping
from domain.orders.order import Finding, Flash, LineState, Order, Shipment, ShipmentState, Unfound
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step

UNNEEDED: Final = "stock_arrived_unneeded"


def of(flash: Flash, number: str) -> Finding | None:
    """Return the find of this number (R-20)."""
    return next((each for each in flash.findings if each.number == number), None)


def found_all(pad: OrderPad, flash: Flash) -> bool:
    """Tell whether all pieces were found that the order still wants."""
    return not _lacking(pad.order, flash)


def found_some(pad: OrderPad, flash: Flash) -> bool:
    """Tell whether only some of them were found."""
    return not found_all(pad, flash)


def _lacking(order: Order, flash: Flash) -> set[int]:
    """Return the lines of which pieces are still to be found."""
    return {line.line for line in flash.lines if line.found < flash_search.wanted(order, line)}


def _complete(order: Order, flash: Flash) -> set[int]:
    """Return the lines that the order still wants and that were found in full."""
    return {line.line for line in flash.lines if line.found >= flash_search.wanted(order, line) > 0}


def names_a_line_that_left(order: Order, flash: Flash, fact: facts.FlashFulfilled) -> bool:
    """Tell whether pieces were found of a line that the order does not want any more (L-08, L-09)."""
    named = flash_search.pieces(fact.lines)
    return any(line.line in named and not flash_search.wanted(order, line) for line in flash.lines)


def refused(pad: OrderPad, flash: Flash) -> None:
    """Record what could not be found in which warehouse; a proposed substitute raises an alert."""
    order, fact = pad.order, pad.received.fact
    substitute = fact.substitute if isinstance(fact, facts.FlashRefused) else None
    pad.put_flash(changed(flash, end="refused" if substitute is None else "substitute_proposed"))
    if substitute is not None:
        pad.alert("substitute_proposed", text=substitute)
    skus = {line.line: line.sku for line in order.lines}
    new = tuple(
        Unfound(skus[number], flash_search.warehouse_of(order, number)) for number in sorted(_lacking(order, flash))
    )
    pad.order = changed(pad.order, unfound=(*order.unfound, *(each for each in new if each not in order.unfound)))


def ask_again(pad: OrderPad, flash: Flash) -> None:
    """Ask the warehouse again for lines that were found in full."""
    pad.disarm(Deadline.FLASH, flash.id)
    numbers = _complete(pad.order, flash)
    for shipment in pad.order.shipments:
        if numbers & set(shipment.lines) and flash_search.is_open(shipment) and not _just_asked(pad, shipment):
            _ask_for(pad, shipment)


def _just_asked(pad: OrderPad, shipment: Shipment) -> bool:
    questions = (each for each in pad.requests if isinstance(each, requests.AvailabilityRequested))
    return any(each.shipment_id == shipment.id for each in questions)


def _ask_for(pad: OrderPad, shipment: Shipment) -> None:
    if availability.may_ask(pad.order):
        shipping.MACHINE.take(pad, shipment, Step.ASK)
    else:
        pad.put_shipment(changed(shipment, ask_again=True))


def give_up(pad: OrderPad, flash: Flash) -> None:
    """Mark what was not found as unavailable, and raise the alert `stock`."""
    pad.disarm(Deadline.FLASH, flash.id)
    numbers = _lacking(pad.order, flash) & {line.line for line in availability.missing(pad.order)}
    if not numbers:
        return  # the warehouse found them meanwhile
    pad.put_lines(
        tuple(changed(line, state=LineState.UNAVAILABLE) if line.line in numbers else line for line in pad.order.lines)
    )
    pad.alert("stock")
    for shipment in pad.order.shipments:
        if numbers & set(shipment.lines) and shipment.state is ShipmentState.AWAITING_AVAILABILITY:
            pad.arm(Deadline.RESTOCK, pad.policy.restock, shipment.id)


def unneeded(pad: OrderPad, flash: Flash) -> None:
    """Raise the alert `stock_arrived_unneeded`."""
    pad.alert(UNNEEDED)
