"""Flash reorders: asking the reorder desk for pieces that the shelves show but the warehouse didn't find.

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome
from domain.deciding.machine import Machine
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Step, Transition, row
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.goods import availability, shipping
from domain.orders.order import (
    Finding,
    Flash,
    FlashLine,
    FlashState,
    LineState,
    Order,
    Shipment,
    ShipmentState,
    Unfound,
)

DRAFT: Final = FlashState.DRAFT
SENT: Final = FlashState.SENT
ACCEPTED: Final = FlashState.ACCEPTED
FULFILLED: Final = FlashState.FULFILLED
REFUSED: Final = FlashState.REFUSED
CANCELLED: Final = FlashState.CANCELLED
_UNDECIDED: Final = ("refused", "substitute_proposed")
_THERE: Final = availability.HERE | {LineState.SHIPPED}
SEARCHED: Final = frozenset({SENT, ACCEPTED})
LIVE: Final = SEARCHED | {DRAFT}


def _still_missing(order: Order, flash: Flash) -> tuple[FlashLine, ...]:
    """Return what is still to be searched: the lines that are missing, with as many pieces as the order wants."""
    missing = {line.line for line in availability.missing(order)}
    return tuple(changed(each, quantity=_wanted(order, each)) for each in flash.lines if each.line in missing)


def _searchable(pad: Scratchpad, flash: Flash) -> bool:
    """Tell whether a line of it is still missing."""
    return bool(_still_missing(pad.order, flash))


def _trim(pad: Scratchpad, flash: Flash) -> None:
    pad.put_flash(changed(flash, lines=_still_missing(pad.order, flash)))


def _request(pad: Scratchpad, flash: Flash) -> None:
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
    skus = {line.line: line.sku for line in order.lines}
    return tuple(requests.AskedLine(line.line, skus[line.line], line.quantity) for line in flash.lines)


def _changed(pad: Scratchpad, flash: Flash) -> None:
    pad.emit(events.FlashChanged(flash.id, flash.state, flash.end))


def _ends(word: str) -> Callable[[Scratchpad, Flash], None]:
    def note(pad: Scratchpad, flash: Flash) -> None:
        pad.put_flash(changed(flash, end=word))

    return note


def _refused(pad: Scratchpad, flash: Flash) -> None:
    """Remember what could not be found where, and take up a substitute that the desk proposes."""
    order, fact = pad.order, pad.received.fact
    substitute = fact.substitute if isinstance(fact, facts.FlashRefused) else None
    pad.put_flash(changed(flash, end="refused" if substitute is None else "substitute_proposed"))
    if substitute is not None:
        pad.alert("substitute_proposed", text=substitute)
    skus = {line.line: line.sku for line in order.lines}
    new = tuple(Unfound(skus[number], warehouse_of(order, number)) for number in sorted(_lacking(order, flash)))
    pad.order = changed(pad.order, unfound=(*order.unfound, *(each for each in new if each not in order.unfound)))


def warehouse_of(order: Order, line: int) -> str | None:
    """Return the warehouse that a line is to come from, where that is known."""
    shipment = order.shipment_of(line)
    return None if shipment is None else shipment.warehouse


def end(pad: Scratchpad, numbers: set[int], word: str) -> None:
    """Say of searches without a find that their lines went on in another way: split, removed or cancelled."""
    for flash in pad.order.flashes:
        if flash.state is REFUSED and flash.end in _UNDECIDED and numbers & {line.line for line in flash.lines}:
            pad.put_flash(changed(flash, end=word))
            pad.emit(events.FlashChanged(flash.id, flash.state, word))


def _wanted(order: Order, asked: FlashLine) -> int:
    """Return how many of the pieces the order still wants: lines are removed, or made smaller, meanwhile."""
    line = order.line(asked.line)
    return 0 if line is None or line.state is LineState.CANCELLED else min(asked.quantity, line.quantity)


def _lacking(order: Order, flash: Flash) -> set[int]:
    """Return the lines of which pieces are still to be found."""
    return {line.line for line in flash.lines if line.found < _wanted(order, line)}


def _complete(order: Order, flash: Flash) -> set[int]:
    """Return the lines that the order still wants and of which all pieces were found."""
    return {line.line for line in flash.lines if line.found >= _wanted(order, line) > 0}


def _found_all(pad: Scratchpad, flash: Flash) -> bool:
    """Tell whether all pieces were found that the order still wants."""
    return not _lacking(pad.order, flash)


def _found_some(pad: Scratchpad, flash: Flash) -> bool:
    """Tell whether only some were found."""
    return not _found_all(pad, flash)


def _ask_again(pad: Scratchpad, flash: Flash) -> None:
    """Have the warehouse look once more for the lines of which all pieces were found."""
    pad.disarm(Deadline.FLASH, flash.id)
    numbers = _complete(pad.order, flash)
    for shipment in pad.order.shipments:
        if numbers & set(shipment.lines) and _is_open(shipment) and not _just_asked(pad, shipment):
            _ask_for(pad, shipment)


def _is_open(shipment: Shipment) -> bool:
    return shipment.state is ShipmentState.AWAITING_AVAILABILITY and not shipment.recalled


def _just_asked(pad: Scratchpad, shipment: Shipment) -> bool:
    questions = (each for each in pad.requests if isinstance(each, requests.AvailabilityRequested))
    return any(each.shipment_id == shipment.id for each in questions)


def _ask_for(pad: Scratchpad, shipment: Shipment) -> None:
    if shipping.may_ask(pad.order):
        shipping.MACHINE.take(pad, shipment, Step.ASK)
    else:
        pad.put_shipment(changed(shipment, ask_again=True))


def _give_up(pad: Scratchpad, flash: Flash) -> None:
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


def _withdraw(pad: Scratchpad, flash: Flash) -> None:
    pad.disarm(Deadline.FLASH, flash.id)
    pad.ask(requests.FlashCancelRequested(pad.id("flash-cancel", flash.id), flash.id))


def _not_wanted(pad: Scratchpad, flash: Flash) -> bool:
    """Tell whether its lines left the order (L-08)."""
    return bool(flash.lines) and not any(_wanted(pad.order, line) for line in flash.lines)


def _not_needed(pad: Scratchpad, flash: Flash) -> bool:
    """Tell whether its goods are there (O-21)."""
    there = {line.line for line in pad.order.lines if line.state in _THERE}
    return bool(flash.lines) and all(each.line in there or not _wanted(pad.order, each) for each in flash.lines)


def _wait_for_stock(pad: Scratchpad, flash: Flash) -> None:
    """Set the warehouse's deadline again where no question is under way: the desk owes nothing any more."""
    numbers = {line.line for line in availability.known_missing(pad.order)} & {line.line for line in flash.lines}
    for shipment in pad.order.shipments:
        if numbers & set(shipment.lines) and _is_open(shipment):
            pad.arm(Deadline.RESTOCK, pad.policy.restock, shipment.id)


def _unneeded(pad: Scratchpad, flash: Flash) -> None:
    pad.alert("stock_arrived_unneeded")


FOUND: Final = facts.FlashFulfilled
TABLE: Final[tuple[Transition[Flash], ...]] = (
    row("L-03", DRAFT, (Step.ASK, facts.SendFlash), SENT, when=_searchable, then=(_trim, _request)),
    row("L-04", SENT, facts.FlashAccepted, ACCEPTED, then=_changed),
    row("L-05", SEARCHED, FOUND, FULFILLED, when=_found_all, then=(_ends("found"), _ask_again, _changed)),
    row("L-05", SEARCHED, FOUND, ACCEPTED, when=_found_some, then=_changed),
    row("L-06", SEARCHED, facts.FlashRefused, REFUSED, then=(_refused, _give_up, _ask_again, _changed)),
    row("L-08", DRAFT, (Step.CANCEL, facts.CancelFlash), CANCELLED, then=(_ends("cancelled"), _changed)),
    row("L-08", SENT, facts.CancelFlash, CANCELLED, then=(_ends("cancelled"), _withdraw, _wait_for_stock, _changed)),
    row("L-08", SEARCHED, Step.CANCEL, CANCELLED, then=(_ends("cancelled"), _withdraw, _changed)),
    row("L-08", DRAFT, Step.AUTOMATIC, CANCELLED, when=_not_wanted, then=(_ends("removed"), _changed)),
    row("L-08", DRAFT, Step.AUTOMATIC, CANCELLED, when=_not_needed, then=(_ends("cancelled"), _changed)),
    row("L-08", SEARCHED, Step.AUTOMATIC, CANCELLED, when=_not_wanted, then=(_ends("removed"), _withdraw, _changed)),
    row("L-05", ACCEPTED, Step.AUTOMATIC, FULFILLED, when=_found_all, then=(_ends("found"), _ask_again, _changed)),
    row("L-09", CANCELLED, FOUND, then=_unneeded),
    row("L-09", (ACCEPTED, FULFILLED, REFUSED), Step.STRAY, then=_unneeded),
)


def _put(pad: Scratchpad, flash: Flash, state: StrEnum) -> None:
    pad.put_flash(changed(flash, state=FlashState(state)))


MACHINE: Final = Machine(
    "flash",
    TABLE,
    FlashState,
    begins=(DRAFT,),
    subjects=lambda pad: pad.order.flashes,
    key=lambda flash: flash.id,
    state=lambda flash: flash.state,
    put=_put,
)


def withdraw_all(pad: Scratchpad, order: Order) -> None:
    """Withdraw every live flash reorder of a cancelled order (L-08)."""
    end(pad, {line.line for line in order.lines}, "cancelled")
    for flash in pad.order.flashes:
        if flash.state in LIVE:
            MACHINE.take(pad, flash, Step.CANCEL)


def find(pad: Scratchpad, flash_id: str) -> Flash | None:
    """Return the flash reorder of this id, if the order has it."""
    return next((flash for flash in pad.order.flashes if flash.id == flash_id), None)


def answered(pad: Scratchpad, fact: facts.FlashAccepted | facts.FlashRefused) -> Answer:
    """Take the desk's word on a flash reorder (L-04, L-06)."""
    flash = find(pad, fact.flash_id)
    if flash is None or flash.state is DRAFT:
        return Outcome.PARKED
    return Outcome.APPLIED if MACHINE.take(pad, flash, type(fact)) else Outcome.LATE


def fulfilled(pad: Scratchpad, fact: facts.FlashFulfilled) -> Answer:
    """Add what the desk found; when it is all, the warehouse is asked again (L-05). Unneeded pieces are told (L-09)."""
    flash = find(pad, fact.flash_id)
    if flash is None or flash.state is DRAFT:
        return Outcome.PARKED
    finding = Finding(pad.received.occurred_at, fact.lines)
    if finding in flash.findings:
        return Outcome.LATE
    stray = _names_a_line_that_left(pad.order, flash, fact)
    searching = MACHINE.find(pad, flash, facts.FlashFulfilled) is not None
    if not searching and not stray:
        return Outcome.LATE
    found = pieces(fact.lines)
    lines = tuple(changed(line, found=line.found + found.get(line.line, 0)) for line in flash.lines)
    new = changed(flash, lines=lines, findings=(*flash.findings, finding))
    pad.put_flash(new)
    MACHINE.take(pad, new, facts.FlashFulfilled)
    if stray:
        MACHINE.take(pad, MACHINE.current(pad, flash.id), Step.STRAY)
    return Outcome.APPLIED


def _names_a_line_that_left(order: Order, flash: Flash, fact: facts.FlashFulfilled) -> bool:
    """Tell whether pieces were found of a line that was removed while the others were searched (L-08, L-09)."""
    named = pieces(fact.lines)
    return any(line.line in named and not _wanted(order, line) for line in flash.lines)


def pieces(lines: tuple[facts.FulfilledLine, ...]) -> dict[int, int]:
    """Return how many pieces are named of each line, also where a line is named twice."""
    pieces: dict[int, int] = {}
    for each in lines:
        pieces[each.line] = pieces.get(each.line, 0) + each.quantity
    return pieces
