"""Flash drafts: flash reorders until they are sent, drafted by the hub or by hand (L-01, L-02)."""

from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.goods import availability, flash_reorders, flash_search
from domain.orders.order import Flash, FlashLine, FlashState, Line, LineState, Order, Unfound
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step


def _busy(order: Order) -> set[int]:
    return {line.line for flash in order.flashes if flash.state in flash_reorders.LIVE for line in flash.lines}


def draft_for(pad: OrderPad, lines: tuple[FlashLine, ...]) -> Flash:
    """Draft a flash reorder for these lines (L-01)."""
    flash = Flash(pad.id("flash", len(pad.order.flashes) + 1), lines)
    pad.put_flash(flash)
    if "L-01" not in pad.rules:
        pad.rules.append("L-01")
    pad.emit(events.FlashDrafted(flash.id))
    return flash


def kept_back(pad: OrderPad, order: Order) -> bool:
    """Tell whether a hold prevented a search that the hub would start now (H-11)."""
    return bool(_to_search(pad, order))


def reorder(pad: OrderPad, order: Order) -> None:
    """Draft and send a flash reorder for missing lines that are on the shelves (L-01, L-03).

    The number of automatic rounds is limited by policy.
    """
    wanted = _to_search(pad, order)
    if wanted:
        flash = draft_for(pad, tuple(FlashLine(line.line, line.quantity) for line in wanted))
        flash_reorders.MACHINE.take(pad, flash, Step.ASK)


def _to_search(pad: OrderPad, order: Order) -> tuple[Line, ...]:
    """Return the lines that the hub searches of itself; none while the order is held (H-08)."""
    policy = pad.policy
    if not policy.flash_automatic or not availability.may_ask(order) or len(order.flashes) >= policy.flash_rounds:
        return ()
    busy = _busy(order)
    missing = (line for line in availability.known_missing(order) if line.line not in busy and _shown(line))
    return tuple(
        line for line in missing if Unfound(line.sku, flash_search.warehouse_of(order, line.line)) not in order.unfound
    )


def _shown(line: Line) -> bool:
    return line.state is not LineState.UNAVAILABLE and line.stock is not None and line.stock >= line.quantity


def create(pad: OrderPad, fact: facts.CreateFlash) -> Answer:
    """Draft a flash reorder by hand, for missing lines that are on the shelves (L-01), and send it at once (L-03)."""
    wanted = flash_search.pieces(fact.lines)
    refusal = _unsearchable(pad.order, _busy(pad.order), wanted, fact.reason)
    if refusal is not None:
        return refusal
    flash = draft_for(pad, tuple(FlashLine(number, quantity) for number, quantity in wanted.items()))
    if fact.send and not flash_reorders.MACHINE.take(pad, flash, facts.SendFlash):
        return _unsent(flash)
    return Outcome.APPLIED


def _unsearchable(order: Order, busy: set[int], wanted: dict[int, int], reason: str | None) -> Refusal | None:
    for number, quantity in wanted.items():
        line = order.line(number)
        if line is None or line.state not in availability.MISSING or number in busy:
            detail = f"line {number} is not missing, or a flash reorder for it is under way"
            return Refusal("gate", detail, "look at the flash reorders that it has")
        if quantity > line.quantity:
            detail = f"line {number} misses {line.quantity} pieces at most"
            return Refusal("amount_exceeds", detail, "search for that many at most")
        if line.stock is None and not reason:
            hint = "give a reason to search all the same"
            return Refusal("no_stock", f"the warehouse has not said what it shows for line {number}", hint)
        if line.stock == 0:
            return Refusal("no_stock", f"the warehouse shows no stock for line {number}", "cancel the order")
    return None


def edit(pad: OrderPad, fact: facts.AddToFlash | facts.RemoveFromFlash) -> Answer:
    """Add lines to a draft, or remove them (L-02)."""
    flash = flash_reorders.find(pad, fact.flash_id)
    if flash is None or flash.state is not FlashState.DRAFT:
        return Refusal("gate", f"flash reorder {fact.flash_id} is not a draft", "create a new one")
    if isinstance(fact, facts.RemoveFromFlash):
        lines = tuple(line for line in flash.lines if line.line not in fact.lines)
    else:
        wanted = flash_search.pieces(fact.lines)
        elsewhere = _busy(pad.order) - {line.line for line in flash.lines}
        refusal = _unsearchable(pad.order, elsewhere, wanted, fact.reason)
        if refusal is not None:
            return refusal
        kept = tuple(line for line in flash.lines if line.line not in wanted)
        lines = (*kept, *(FlashLine(number, quantity) for number, quantity in wanted.items()))
    pad.put_flash(changed(flash, lines=lines))
    pad.rules.append("L-02")
    pad.emit(events.FlashChanged(flash.id, flash.state))
    return Outcome.APPLIED


def command(pad: OrderPad, fact: facts.SendFlash | facts.CancelFlash) -> Answer:
    """Send or withdraw a flash reorder (L-03, L-08)."""
    flash = flash_reorders.find(pad, fact.flash_id)
    if flash is None or not flash_reorders.MACHINE.take(pad, flash, type(fact)):
        return _refusal(fact, flash)
    return Outcome.APPLIED


def _refusal(fact: facts.SendFlash | facts.CancelFlash, flash: Flash | None) -> Refusal:
    if flash is not None and flash.state is FlashState.DRAFT:
        return _unsent(flash)
    state = "not known" if flash is None else flash.state
    hint = "look at the flash reorders that it has"
    return Refusal("gate", f"flash reorder {fact.flash_id} is {state}: that can't be done any more", hint)


def _unsent(flash: Flash) -> Refusal:
    return Refusal("gate", f"no line of flash reorder {flash.id} is missing now", "add one that is, or cancel it")
