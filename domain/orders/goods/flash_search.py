"""Flash searches: the pieces that a flash reorder asks the reorder desk for (L-03, L-08)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.goods import availability
from domain.orders.order import LINES, Flash, FlashLine, Order, Shipment, ShipmentState
from domain.orders.scratchpad import OrderPad

_THERE: Final = LINES["found"]


def searchable(pad: OrderPad, flash: Flash) -> bool:
    """Tell whether a line of it is still missing."""
    return bool(_still_missing(pad.order, flash))


def _still_missing(order: Order, flash: Flash) -> tuple[FlashLine, ...]:
    """Return the lines that are still missing, with the quantities that the order still wants."""
    missing = {line.line for line in availability.missing(order)}
    return tuple(changed(each, quantity=wanted(order, each)) for each in flash.lines if each.line in missing)


def wanted(order: Order, asked: FlashLine) -> int:
    """Return how many of these pieces the order still wants; its lines may have changed meanwhile."""
    line = order.line(asked.line)
    return 0 if line is None or line.state not in LINES["kept"] else min(asked.quantity, line.quantity)


def not_wanted(pad: OrderPad, flash: Flash) -> bool:
    """Tell whether its lines have left the order (L-08)."""
    return bool(flash.lines) and not any(wanted(pad.order, line) for line in flash.lines)


def not_needed(pad: OrderPad, flash: Flash) -> bool:
    """Tell whether its goods are available (O-21)."""
    there = {line.line for line in pad.order.lines if line.state in _THERE}
    return bool(flash.lines) and all(each.line in there or not wanted(pad.order, each) for each in flash.lines)


def trim(pad: OrderPad, flash: Flash) -> None:
    """Reduce the search to what is still missing."""
    pad.put_flash(changed(flash, lines=_still_missing(pad.order, flash)))


def request(pad: OrderPad, flash: Flash) -> None:
    """Request the search from the reorder desk, in place of waiting for the warehouse."""
    order = pad.order
    answer_by = pad.arm(Deadline.FLASH, pad.policy.flash_answer, flash.id)
    for line in flash.lines:
        shipment = order.shipment_of(line.line)
        if shipment is not None:
            pad.disarm(Deadline.RESTOCK, shipment.id)
    pad.ask(
        requests.FlashRequested(
            pad.id("flash-request", flash.id),
            flash.id,
            order.number,
            _asked(order, flash),
            answer_by,
            pad.policy.flash_recipient,
        )
    )
    pad.emit(events.FlashSent(flash.id))


def _asked(order: Order, flash: Flash) -> tuple[requests.AskedLine, ...]:
    lines = {line.line: line for line in order.lines}
    return tuple(availability.asked_line(lines[each.line], each.quantity) for each in flash.lines)


def withdraw(pad: OrderPad, flash: Flash) -> None:
    """Withdraw the request from the reorder desk."""
    pad.disarm(Deadline.FLASH, flash.id)
    pad.ask(requests.FlashCancelRequested(pad.id("flash-cancel", flash.id), flash.id))


def wait_for_stock(pad: OrderPad, flash: Flash) -> None:
    """Set the warehouse's deadline again where no request to it is open."""
    numbers = {line.line for line in availability.known_missing(pad.order)} & {line.line for line in flash.lines}
    for shipment in pad.order.shipments:
        if numbers & set(shipment.lines) and is_open(shipment):
            pad.arm(Deadline.RESTOCK, pad.policy.restock, shipment.id)


def is_open(shipment: Shipment) -> bool:
    """Tell whether the warehouse may still be asked for this shipment."""
    return shipment.state is ShipmentState.AWAITING_AVAILABILITY and not shipment.recalled


def warehouse_of(order: Order, line: int) -> str | None:
    """Return the warehouse that a line comes from, if it is known."""
    shipment = order.shipment_of(line)
    return None if shipment is None else shipment.warehouse


def pieces(lines: tuple[facts.FulfilledLine, ...]) -> dict[int, int]:
    """Return how many pieces are named of each line; a line may be named more than once."""
    pieces: dict[int, int] = {}
    for each in lines:
        pieces[each.line] = pieces.get(each.line, 0) + each.quantity
    return pieces
