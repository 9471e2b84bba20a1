"""hub.internal: what orders tell each other, and timers that are due; written by the hub alone."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from contracts.message import Code, Comment, Currency, Fact, Id, LineNumber, Moment, Money, OfKind, Part, Quantity
from contracts.personal import Personal
from contracts.shop import Address, Customer, OrderLine
from contracts.subjects import ORDER

CONTRADICTED: Final = "contradicted"
"""The notice that a partner said something else under an id that it used before."""


class ExchangeLine(Part):
    """A line of the exchange order and the returned line that it replaces."""

    line: LineNumber
    quantity: Quantity


class OpenExchange(Fact, kw_only=True):
    """Create the exchange order of a confirmed return, held until the return is validated (X-01)."""

    name: ClassVar[str] = "exchange.open"

    origin_id: Id
    origin_number: Id
    rma_code: Id
    number: Id
    store: Id
    channel: Code
    currency: Currency
    customer: Annotated[Customer, Personal("order.contact")]
    shipping_address: Annotated[Address, Personal("order.shipping_address")]
    carrier: Id | None = None
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]


class OpenZeroOrder(Fact, kw_only=True):
    """Draft a free copy of an order that was sent (OSM-73)."""

    name: ClassVar[str] = "zero.open"

    origin_id: Id
    origin_number: Id
    number: Id
    store: Id
    channel: Code
    currency: Currency
    customer: Annotated[Customer, Personal("order.contact")]
    shipping_address: Annotated[Address, Personal("order.shipping_address")]
    carrier: Id | None = None
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1)]
    reason: Code


class OrderRelated(Fact):
    """Another order says that it belongs to this one (PEL-25), and what to note of it."""

    name: ClassVar[str] = "order.related"

    other_id: Id
    link: Code
    note: Comment | None = None


class ReleaseExchange(Fact):
    """The return is validated: let the exchange order go, for these quantities (X-04, X-05)."""

    name: ClassVar[str] = "exchange.release"

    origin_id: Id
    rma_code: Id
    lines: tuple[ExchangeLine, ...]


class CancelExchange(Fact):
    """The return ended otherwise: cancel the exchange order (X-06, X-07)."""

    name: ClassVar[str] = "exchange.cancel"

    origin_id: Id
    rma_code: Id
    reason: Code


class ExchangeAnswered(Fact):
    """What the exchange order did: opened, released, cancelled, delivered, or refused with a code."""

    name: ClassVar[str] = "exchange.answered"

    exchange_id: Id
    rma_code: Id
    outcome: Annotated[str, Field(pattern="^(opened|released|cancelled|delivered|refused)$")]
    code: Code | None = None


class ReplacementReturned(Fact):
    """Pieces that replace some of this order's came back for money: find the money here (X-20).

    `replacement_id` is the order that replaces pieces of the one asked, `asked_by` the one whose return `rma_code` is.
    """

    name: ClassVar[str] = "replacement.returned"

    replacement_id: Id
    asked_by: Id
    rma_code: Id
    lines: Annotated[tuple[ExchangeLine, ...], Field(min_length=1)]
    refund_shipping: bool = False


class ReplacementRemoved(Fact):
    """Pieces that should have replaced some of this order's will not be sent (X-21)."""

    name: ClassVar[str] = "replacement.removed"

    replacement_id: Id
    lines: Annotated[tuple[ExchangeLine, ...], Field(min_length=1)]


class ReplacementAnswered(Fact):
    """Where the money for a returned replacement was found: the refund and its order, or none (X-20)."""

    name: ClassVar[str] = "replacement.answered"

    origin_id: Id
    origin_number: Id
    rma_code: Id
    refund_id: Id | None = None
    amount: Money | None = None


class TimerDue(Fact):
    """A deadline has come; it counts only while its aggregate still lists the timer as armed. `of`: its kind.

    Some kinds are notices: a shard saw what the aggregate itself can't know, and `text` says what.
    """

    name: ClassVar[str] = "timer.due"

    timer_id: Id
    kind: Code
    due_at: Moment
    of: OfKind | None = None
    text: Code | None = None

    @property
    def about(self) -> str:
        """Return the kind of the aggregate whose deadline it is."""
        return self.of or ORDER
