"""Flash reorders: asking the reorder desk for pieces that the shelves show but the warehouse didn't find.

The guards and effects of `TABLE` stand above it, the rules that messages meet below.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome
from domain.deciding.machine import Machine
from domain.deciding.scratchpad import Draft
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


def _searchable(draft: Draft, flash: Flash) -> bool:
    """Tell whether a line of it is still missing."""
    return bool(_still_missing(draft.order, flash))


def _trim(draft: Draft, flash: Flash) -> None:
    draft.put_flash(changed(flash, lines=_still_missing(draft.order, flash)))


def _request(draft: Draft, flash: Flash) -> None:
    order = draft.order
    answer_by = draft.arm(Deadline.FLASH, draft.policy.flash_answer, flash.id)
    for line in flash.lines:
        shipment = order.shipment_of(line.line)
        if shipment is not None:
            draft.disarm(Deadline.RESTOCK, shipment.id)
    draft.ask(
        requests.FlashRequested(
            draft.id("flash-request", flash.id),
            flash.id,
            order.number,
            _asked(order, flash),
            answer_by,
            draft.policy.flash_recipient,
        )
    )
    draft.emit(events.FlashSent(flash.id))


def _asked(order: Order, flash: Flash) -> tuple[requests.AskedLine, ...]:
    skus = {line.line: line.sku for line in order.lines}
    return tuple(requests.AskedLine(line.line, skus[line.line], line.quantity) for line in flash.lines)


def _changed(draft: Draft, flash: Flash) -> None:
    draft.emit(events.FlashChanged(flash.id, flash.state, flash.end))


def _ends(word: str) -> Callable[[Draft, Flash], None]:
    def note(draft: Draft, flash: Flash) -> None:
        draft.put_flash(changed(flash, end=word))

    return note


def _refused(draft: Draft, flash: Flash) -> None:
    """Remember what could not be found where, and take up a substitute that the desk proposes."""
    order, fact = draft.order, draft.received.fact
    substitute = fact.substitute if isinstance(fact, facts.FlashRefused) else None
    draft.put_flash(changed(flash, end="refused" if substitute is None else "substitute_proposed"))
    if substitute is not None:
        draft.alert("substitute_proposed", text=substitute)
    skus = {line.line: line.sku for line in order.lines}
    new = tuple(Unfound(skus[number], warehouse_of(order, number)) for number in sorted(_lacking(order, flash)))
    draft.order = changed(draft.order, unfound=(*order.unfound, *(each for each in new if each not in order.unfound)))


def warehouse_of(order: Order, line: int) -> str | None:
    """Return the warehouse that a line is to come from, where that is known."""
    shipment = order.shipment_of(line)
    return None if shipment is None else shipment.warehouse


def end(draft: Draft, numbers: set[int], word: str) -> None:
    """Say of searches without a find that their lines went on in another way: split, removed or cancelled."""
    for flash in draft.order.flashes:
        if flash.state is REFUSED and flash.end in _UNDECIDED and numbers & {line.line for line in flash.lines}:
            draft.put_flash(changed(flash, end=word))
            draft.emit(events.FlashChanged(flash.id, flash.state, word))


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


def _found_all(draft: Draft, flash: Flash) -> bool:
    """Tell whether all pieces were found that the order still wants."""
    return not _lacking(draft.order, flash)


def _found_some(draft: Draft, flash: Flash) -> bool:
    """Tell whether only some were found."""
    return not _found_all(draft, flash)


def _ask_again(draft: Draft, flash: Flash) -> None:
    """Have the warehouse look once more for the lines of which all pieces were found."""
    draft.disarm(Deadline.FLASH, flash.id)
    numbers = _complete(draft.order, flash)
    for shipment in draft.order.shipments:
        if numbers & set(shipment.lines) and _is_open(shipment) and not _just_asked(draft, shipment):
            _ask_for(draft, shipment)


def _is_open(shipment: Shipment) -> bool:
    return shipment.state is ShipmentState.AWAITING_AVAILABILITY and not shipment.recalled


def _just_asked(draft: Draft, shipment: Shipment) -> bool:
    questions = (each for each in draft.requests if isinstance(each, requests.AvailabilityRequested))
    return any(each.shipment_id == shipment.id for each in questions)


def _ask_for(draft: Draft, shipment: Shipment) -> None:
    if shipping.may_ask(draft.order):
        shipping.MACHINE.take(draft, shipment, Step.ASK)
    else:
        draft.put_shipment(changed(shipment, ask_again=True))


def _give_up(draft: Draft, flash: Flash) -> None:
    draft.disarm(Deadline.FLASH, flash.id)
    numbers = _lacking(draft.order, flash) & {line.line for line in availability.missing(draft.order)}
    if not numbers:
        return  # the warehouse found them meanwhile
    draft.put_lines(
        tuple(
            changed(line, state=LineState.UNAVAILABLE) if line.line in numbers else line for line in draft.order.lines
        )
    )
    draft.alert("stock")
    for shipment in draft.order.shipments:
        if numbers & set(shipment.lines) and shipment.state is ShipmentState.AWAITING_AVAILABILITY:
            draft.arm(Deadline.RESTOCK, draft.policy.restock, shipment.id)


def _withdraw(draft: Draft, flash: Flash) -> None:
    draft.disarm(Deadline.FLASH, flash.id)
    draft.ask(requests.FlashCancelRequested(draft.id("flash-cancel", flash.id), flash.id))


def _not_wanted(draft: Draft, flash: Flash) -> bool:
    """Tell whether its lines left the order (L-08)."""
    return bool(flash.lines) and not any(_wanted(draft.order, line) for line in flash.lines)


def _not_needed(draft: Draft, flash: Flash) -> bool:
    """Tell whether its goods are there (O-21)."""
    there = {line.line for line in draft.order.lines if line.state in _THERE}
    return bool(flash.lines) and all(each.line in there or not _wanted(draft.order, each) for each in flash.lines)


def _wait_for_stock(draft: Draft, flash: Flash) -> None:
    """Set the warehouse's deadline again where no question is under way: the desk owes nothing any more."""
    numbers = {line.line for line in availability.known_missing(draft.order)} & {line.line for line in flash.lines}
    for shipment in draft.order.shipments:
        if numbers & set(shipment.lines) and _is_open(shipment):
            draft.arm(Deadline.RESTOCK, draft.policy.restock, shipment.id)


def _unneeded(draft: Draft, flash: Flash) -> None:
    draft.alert("stock_arrived_unneeded")


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


def _put(draft: Draft, flash: Flash, state: StrEnum) -> None:
    draft.put_flash(changed(flash, state=FlashState(state)))


MACHINE: Final = Machine(
    "flash",
    TABLE,
    FlashState,
    begins=(DRAFT,),
    subjects=lambda draft: draft.order.flashes,
    key=lambda flash: flash.id,
    state=lambda flash: flash.state,
    put=_put,
)


def withdraw_all(draft: Draft, order: Order) -> None:
    """Withdraw every live flash reorder of a cancelled order (L-08)."""
    end(draft, {line.line for line in order.lines}, "cancelled")
    for flash in draft.order.flashes:
        if flash.state in LIVE:
            MACHINE.take(draft, flash, Step.CANCEL)


def find(draft: Draft, flash_id: str) -> Flash | None:
    """Return the flash reorder of this id, if the order has it."""
    return next((flash for flash in draft.order.flashes if flash.id == flash_id), None)


def answered(draft: Draft, fact: facts.FlashAccepted | facts.FlashRefused) -> Answer:
    """Take the desk's word on a flash reorder (L-04, L-06)."""
    flash = find(draft, fact.flash_id)
    if flash is None or flash.state is DRAFT:
        return Outcome.PARKED
    return Outcome.APPLIED if MACHINE.take(draft, flash, type(fact)) else Outcome.LATE


def fulfilled(draft: Draft, fact: facts.FlashFulfilled) -> Answer:
    """Add what the desk found; when it is all, the warehouse is asked again (L-05). Unneeded pieces are told (L-09)."""
    flash = find(draft, fact.flash_id)
    if flash is None or flash.state is DRAFT:
        return Outcome.PARKED
    finding = Finding(draft.received.occurred_at, fact.lines)
    if finding in flash.findings:
        return Outcome.LATE
    stray = _names_a_line_that_left(draft.order, flash, fact)
    searching = MACHINE.find(draft, flash, facts.FlashFulfilled) is not None
    if not searching and not stray:
        return Outcome.LATE
    found = pieces(fact.lines)
    lines = tuple(changed(line, found=line.found + found.get(line.line, 0)) for line in flash.lines)
    new = changed(flash, lines=lines, findings=(*flash.findings, finding))
    draft.put_flash(new)
    MACHINE.take(draft, new, facts.FlashFulfilled)
    if stray:
        MACHINE.take(draft, MACHINE.current(draft, flash.id), Step.STRAY)
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
