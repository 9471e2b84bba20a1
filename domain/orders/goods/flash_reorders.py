"""Flash reorders: their table of transitions, and the messages that move them.

The guards and effects of `TABLE` are in `flash_search` and `flash_findings`.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.machine import Machine
from domain.deciding.transitions import row
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.goods import flash_findings as findings
from domain.orders.goods import flash_search as search
from domain.orders.order import FLASHES, Finding, Flash, FlashState, Order
from domain.orders.scratchpad import UNEXPECTED, OrderPad, OrderTransition
from domain.orders.steps import Step

DRAFT: Final = FlashState.DRAFT
SENT: Final = FlashState.SENT
ACCEPTED: Final = FlashState.ACCEPTED
FULFILLED: Final = FlashState.FULFILLED
REFUSED: Final = FlashState.REFUSED
CANCELLED: Final = FlashState.CANCELLED
CONTRADICTED: Final = "flash_contradicted"
"""The alert of a reorder desk that says otherwise after its word had ended the search."""
_UNDECIDED: Final = ("refused", "substitute_proposed")
SEARCHED: Final = FLASHES["searched"]
LIVE: Final = FLASHES["live"]


def _changed(pad: OrderPad, flash: Flash) -> None:
    pad.emit(events.FlashChanged(flash.id, flash.state, flash.end))


def _ends(word: str) -> Callable[[OrderPad, Flash], None]:
    def note(pad: OrderPad, flash: Flash) -> None:
        pad.put_flash(changed(flash, end=word))

    return note


FOUND: Final = facts.FlashFulfilled
END_FOUND: Final = (_ends("found"), findings.ask_again, _changed)
END_REMOVED: Final = (_ends("removed"), search.withdraw, _changed)
TABLE: Final[tuple[OrderTransition[Flash], ...]] = (
    row("L-03", DRAFT, (Step.ASK, facts.SendFlash), SENT, when=search.searchable, then=(search.trim, search.request)),
    row("L-04", SENT, facts.FlashAccepted, ACCEPTED, then=_changed),
    row("L-05", SEARCHED, FOUND, FULFILLED, when=findings.found_all, then=END_FOUND),
    row("L-05", SEARCHED, FOUND, ACCEPTED, when=findings.found_some, then=_changed),
    row(
        "L-06",
        SEARCHED,
        facts.FlashRefused,
        REFUSED,
        then=(findings.refused, findings.give_up, findings.ask_again, _changed),
    ),
    row("L-08", DRAFT, (Step.CANCEL, facts.CancelFlash), CANCELLED, then=(_ends("cancelled"), _changed)),
    row(
        "L-08",
        SENT,
        facts.CancelFlash,
        CANCELLED,
        then=(_ends("cancelled"), search.withdraw, search.wait_for_stock, _changed),
    ),
    row("L-08", SEARCHED, Step.CANCEL, CANCELLED, then=(_ends("cancelled"), search.withdraw, _changed)),
    row("L-08", DRAFT, Step.AUTOMATIC, CANCELLED, when=search.not_wanted, then=(_ends("removed"), _changed)),
    row("L-08", DRAFT, Step.AUTOMATIC, CANCELLED, when=search.not_needed, then=(_ends("cancelled"), _changed)),
    row("L-08", SEARCHED, Step.AUTOMATIC, CANCELLED, when=search.not_wanted, then=END_REMOVED),
    row("L-05", ACCEPTED, Step.AUTOMATIC, FULFILLED, when=findings.found_all, then=END_FOUND),
    row("L-09", CANCELLED, FOUND, then=findings.unneeded),
    row("L-09", FLASHES["answered"], Step.STRAY, then=findings.unneeded),
)


def _put(pad: OrderPad, flash: Flash, state: StrEnum) -> None:
    pad.put_flash(changed(flash, state=FlashState(state)))


MACHINE: Final = Machine(
    "flash",
    TABLE,
    FlashState,
    begins=(DRAFT,),
    ends=(FULFILLED, REFUSED, CANCELLED),
    subjects=lambda pad: pad.order.flashes,
    key=lambda flash: flash.id,
    state=lambda flash: flash.state,
    put=_put,
)


def find(pad: OrderPad, flash_id: str) -> Flash | None:
    """Return the flash reorder with this id."""
    return next((flash for flash in pad.order.flashes if flash.id == flash_id), None)


def answered(pad: OrderPad, fact: facts.FlashAccepted | facts.FlashRefused) -> Answer:
    """Record the reorder desk's acceptance or refusal (L-04, L-06)."""
    flash = find(pad, fact.flash_id)
    if flash is None or flash.state is DRAFT:
        return Outcome.PARKED
    return Outcome.APPLIED if MACHINE.take(pad, flash, type(fact)) else _after_all(pad, flash, fact)


def _after_all(pad: OrderPad, flash: Flash, fact: facts.FlashAccepted | facts.FlashRefused) -> Answer:
    """Tell what the reorder desk has said before; have a person look at what contradicts that (O-79)."""
    told = ACCEPTED if isinstance(fact, facts.FlashAccepted) else REFUSED
    if flash.state is CANCELLED:
        return Late(Why.SETTLED, "the flash reorder is called off")
    if flash.state is told:
        return Late(Why.REPEATED, f"the flash reorder is {told}")
    if flash.state is FULFILLED and told is ACCEPTED:
        return Late(Why.OVERTAKEN, "its pieces are found")
    return pad.alert_once(CONTRADICTED, UNEXPECTED, flash.id)


def fulfilled(pad: OrderPad, fact: facts.FlashFulfilled) -> Answer:
    """Count the found pieces (L-05); those that nobody needs, or that were refused, raise an alert (L-09, O-79).

    Once all are found, the warehouse is asked again.
    """
    flash = find(pad, fact.flash_id)
    if flash is None or flash.state is DRAFT:
        return Outcome.PARKED
    known = None if fact.find_id is None else findings.of(flash, fact.find_id)
    if known is not None:
        return _again(pad, fact, known)
    finding = Finding(pad.received.occurred_at, fact.lines, fact.find_id)
    stray = findings.names_a_line_that_left(pad.order, flash, fact)
    searching = MACHINE.find(pad, flash, facts.FlashFulfilled) is not None
    if not searching and not stray:
        return pad.alert_once(CONTRADICTED if flash.state is REFUSED else findings.UNNEEDED, UNEXPECTED, flash.id)
    found = search.pieces(fact.lines)
    lines = tuple(changed(line, found=line.found + found.get(line.line, 0)) for line in flash.lines)
    new = changed(flash, lines=lines, findings=(*flash.findings, finding))
    pad.put_flash(new)
    MACHINE.take(pad, new, facts.FlashFulfilled)
    if stray:
        MACHINE.take(pad, MACHINE.current(pad, flash.id), Step.STRAY)
    return Outcome.APPLIED


def _again(pad: OrderPad, fact: facts.FlashFulfilled, known: Finding) -> Answer:
    """Count a find once; have a person look at one that names other pieces this time (R-20)."""
    if search.pieces(known.lines) == search.pieces(fact.lines):
        return Late(Why.REPEATED, "the find of this number is counted")
    return pad.alert_once("find_differs", "R-20", fact.flash_id)


def end(pad: OrderPad, numbers: set[int], word: str) -> None:
    """Record how the lines of a search without a find went on: split, removed or cancelled."""
    for flash in pad.order.flashes:
        if flash.state is REFUSED and flash.end in _UNDECIDED and numbers & {line.line for line in flash.lines}:
            pad.put_flash(changed(flash, end=word))
            pad.emit(events.FlashChanged(flash.id, flash.state, word))


def withdraw_all(pad: OrderPad, order: Order) -> None:
    """Withdraw every live flash reorder of a cancelled order (L-08)."""
    end(pad, {line.line for line in order.lines}, "cancelled")
    for flash in pad.order.flashes:
        if flash.state in LIVE:
            MACHINE.take(pad, flash, Step.CANCEL)
