"""Asked: what an order may ask of its partners as its books stand, and what is written down of it."""

from collections import Counter
from collections.abc import Callable, Iterator

from domain.orders import requests
from domain.orders.requests import Request
from tests.domain.world.books import OVER, Books


def _capture(books: Books, request: Request) -> Iterator[str]:
    assert isinstance(request, requests.CaptureRequested)
    rest = any(till.taken for till in books.payments.values()) and books.state not in OVER
    if books.state not in ("sent", "delivered", "completed") and not rest:
        yield f"money is asked for while the order is {books.state}"
    till = books.till(request.payment_id)
    if request.amount.amount > till.reserved and not till.taken:
        yield f"{request.amount.amount} asked for, {till.reserved} reserved"
    till.capture = request.amount.amount


def _void(books: Books, request: Request) -> Iterator[str]:
    assert isinstance(request, requests.VoidRequested)
    till = books.till(request.payment_id)
    beside = any(name != request.payment_id and each.reserved for name, each in books.payments.items())
    if till.taken:
        yield "money is set free that was taken"
    if books.state not in (*OVER, "sent", "delivered") and not beside and not books.written_off:
        yield f"money is set free while the order is {books.state}"


def _refund(books: Books, request: Request) -> Iterator[str]:
    assert isinstance(request, requests.RefundRequested)
    tried = books.attempts.setdefault(request.refund_id, [])
    open_ = [each for each in tried if each not in books.failed]
    if len(open_) > books.came_back[request.refund_id]:
        yield f"refund {request.refund_id} is asked for again though attempt {len(tried)} may go through"
    tried.append(request.request_id)
    if not books.taken and not books.contradicted:
        yield "a refund is asked for before the money is taken"
    if request.amount.amount != books.refunds[request.refund_id]:
        yield f"refund {request.refund_id} is asked for with another amount"


def _stock(books: Books, request: Request) -> Iterator[str]:
    assert isinstance(request, requests.AvailabilityRequested)
    books.carried[request.shipment_id] = {entry.line: entry.quantity for entry in request.lines}
    yield from _enough(books, request.lines)
    if books.holds - {"exchange"} or books.blocking:
        yield f"the warehouse is asked in spite of {books.holds | books.blocking}"


def _released(books: Books, request: Request) -> Iterator[str]:
    assert isinstance(request, requests.ShipmentRelease)
    books.carried[request.shipment_id] = {entry.line: entry.quantity for entry in request.lines}
    yield from _enough(books, request.lines)
    if books.holds or books.blocking:
        yield f"a shipment is let go in spite of {books.holds | books.blocking}"


def _enough(books: Books, lines: tuple[requests.AskedLine, ...]) -> Iterator[str]:
    if not lines:
        yield "nothing is asked for"
    for entry in lines:
        if not 0 < entry.quantity <= books.ordered.get(entry.line, 0):
            ordered = books.ordered.get(entry.line, 0)
            yield f"{entry.quantity} of line {entry.line} are asked for, {ordered} ordered"


def _announced(books: Books, request: Request) -> Iterator[str]:
    assert isinstance(request, requests.ReturnAnnounced)
    lines: Counter[int] = Counter()
    for entry in request.lines:
        lines[entry.line] += entry.quantity
    books.announced[request.rma_code] = lines
    yield from ()


CHECKS: dict[type[Request], Callable[[Books, Request], Iterator[str]]] = {
    requests.CaptureRequested: _capture,
    requests.VoidRequested: _void,
    requests.RefundRequested: _refund,
    requests.AvailabilityRequested: _stock,
    requests.ShipmentRelease: _released,
    requests.ReturnAnnounced: _announced,
}
"""Yields what is wrong with a request of each kind."""
