"""Pieces: one ledger per line of what became of its pieces; every way to give something back reads what is left.

A piece goes one way: it is credited, comes back for money or for an exchange, or is replaced free of charge. What
replaces it belongs to another order, which has a ledger of its own.
"""

from collections.abc import Iterable
from typing import Final

from domain.deciding.values import Value
from domain.orders.order import (
    DISPATCHED,
    LINES,
    REFUNDS,
    RETURNS,
    Line,
    Order,
    Refund,
    RefundState,
    Replaced,
    Return,
    ReturnState,
)

GONE: Final = RETURNS["gone"]
"""The states of returns that ended without goods."""
_OUT: Final = LINES["out"]


class Ledger(Value):
    """What became of the pieces of one line.

    `credited` pieces were refunded where they are. `for_money` and `for_exchange` are announced and not accepted yet,
    `returned` ones are accepted. `replaced` are those that free copies replace. `unpaid` of the returned ones got no
    money, since their refund was cancelled (F-06): they can still be credited.
    """

    line: int
    bought: int
    removed: int = 0
    sent: int = 0
    credited: int = 0
    for_money: int = 0
    for_exchange: int = 0
    replaced: int = 0
    returned: int = 0
    unpaid: int = 0

    @property
    def gone(self) -> int:
        """Return how many pieces have gone one of the ways."""
        return self.credited + self.for_money + self.for_exchange + self.replaced + self.returned

    @property
    def left(self) -> int:
        """Return how many pieces can still go one of the ways, once they are sent."""
        return self.bought - self.removed - self.gone

    @property
    def creditable(self) -> int:
        """Return how many pieces can still be credited."""
        return self.left + self.unpaid


def of(order: Order, line: Line) -> Ledger:
    """Return the ledger of a line."""
    number = line.line
    removed = line.quantity if line.state not in LINES["kept"] else 0
    coming = [each for each in order.returns if each.state in RETURNS["open"]]
    accepted = [each for each in order.returns if each.state is ReturnState.VALIDATED]
    return Ledger(
        line=number,
        bought=line.quantity,
        removed=removed,
        sent=line.quantity if is_sent(order, line) else 0,
        credited=_credited(order, number),
        for_money=_announced(coming, number, exchange=False),
        for_exchange=_announced(coming, number, exchange=True),
        replaced=sum(each.quantity - each.dropped for each in order.replaced if _is_free(each, number)),
        returned=sum(entry.received for each in accepted for entry in each.lines if entry.line == number),
        unpaid=_unpaid(order, accepted, number),
    )


def left(order: Order, number: int) -> int:
    """Return how many pieces of a line can still go one of the ways; none of a line that the order doesn't have."""
    line = order.line(number)
    return 0 if line is None else of(order, line).left


def is_sent(order: Order, line: Line) -> bool:
    """Tell whether the line's pieces were sent; those of a digital line are with the order."""
    return line.state in _OUT if line.kind == "shippable" else order.state in DISPATCHED


def ended(order: Order, rma_code: str, number: int) -> int:
    """Return how many exchanged pieces of a return were settled since: they came back, or will not be sent."""
    found = (each for each in order.replaced if rma_code and each.rma_code == rma_code and each.line == number)
    return sum(each.back + each.dropped for each in found)


def faults(order: Order) -> list[str]:
    """Return the lines of which a piece has gone two ways, or a way without having been sent."""
    found = []
    for line in order.lines:
        ledger = of(order, line)
        spare = _unasked(order, line.line)
        if ledger.gone > ledger.sent + spare or min(ledger.left, ledger.unpaid) < -spare:
            found.append(
                f"line {line.line}: {ledger.gone} of {ledger.sent} sent pieces are given back ({told(ledger)})"
            )
    return found + [
        f"line {each.line}: {each.back + each.dropped} of {each.quantity} pieces replaced by {each.order_id} have ended"
        for each in order.replaced
        if each.open < 0
    ]


def _unasked(order: Order, number: int) -> int:
    """Return how many pieces were paid back by refunds that the payment service made unasked (F-21).

    The customer has that money, whatever way the pieces went: a person settles it.
    """
    made = (each for each in order.refunds if each.state is RefundState.EXECUTED and each.paid and not each.attempt)
    return sum(entry.quantity for each in made for entry in each.pieces if entry.line == number)


def told(ledger: Ledger) -> str:
    """Return a ledger in words: `2 bought, 1 credited`."""
    names = ("bought", "removed", "sent", "credited", "for_money", "for_exchange", "replaced", "returned", "unpaid")
    counts = ((name.replace("_", " "), getattr(ledger, name)) for name in names)
    return ", ".join(f"{count} {name}" for name, count in counts if count)


def _announced(coming: Iterable[Return], number: int, *, exchange: bool) -> int:
    wanted = (each for each in coming if (each.outcome == "exchange") is exchange)
    return sum(entry.quantity for each in wanted for entry in each.lines if entry.line == number)


def _is_free(each: Replaced, number: int) -> bool:
    return each.line == number and not each.rma_code


def _live(order: Order) -> Iterable[Refund]:
    return (refund for refund in order.refunds if refund.state in REFUNDS["counted"])


def _credited(order: Order, number: int) -> int:
    """Return how many pieces were credited where they are; those of a returned piece count there."""
    here = (refund for refund in _live(order) if refund.replacement is None)
    return sum(entry.quantity - entry.returned for each in here for entry in each.pieces if entry.line == number)


def _unpaid(order: Order, accepted: Iterable[Return], number: int) -> int:
    """Return how many pieces came back, here or to an order that replaced them, whose refund was cancelled."""
    live = {refund.rma_code for refund in _live(order)}
    given_up = {refund.rma_code for refund in order.refunds if refund.rma_code is not None} - live
    codes = [each for each in accepted if each.code in given_up]
    back = sum(e.received - ended(order, each.code, number) for each in codes for e in each.lines if e.line == number)
    elsewhere = (each for each in order.refunds if each.replacement and each.state not in REFUNDS["counted"])
    back += sum(entry.quantity for each in elsewhere for entry in each.pieces if entry.line == number)
    return back - sum(entry.returned for each in _live(order) for entry in each.pieces if entry.line == number)
