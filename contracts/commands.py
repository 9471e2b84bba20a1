"""hub.commands: what a CSR tool may tell the hub to do with an order."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.declaring import Words
from contracts.flash_reorders import FulfilledLine
from contracts.message import Amount, Code, Comment, Currency, Fact, Id, LineNumber, Moment
from contracts.personal import Personal
from contracts.shop import Address, Customer, OrderLine, Outcome, PaymentMethod, ReceivedLine, ReturnLine


class Command(Fact, kw_only=True):
    """What every command carries: `expected_version` is the version its author saw (K-06)."""

    expected_version: Annotated[int, Field(ge=0, le=2**62)] | None = None
    reason: Code | None = None


class SubmitOrder(Command, kw_only=True):
    """Place an order for a customer (O-05); kind `support` waits for its approval and costs nothing."""

    name: ClassVar[str] = "order.submit"

    number: Id
    store: Id
    channel: Code = "website"
    currency: Currency
    payment_method: Annotated[str, Words(PaymentMethod)] = PaymentMethod.CARD
    customer: Annotated[Customer, Personal("order.contact")]
    shipping_address: Annotated[Address, Personal("order.shipping_address")]
    billing_address: Annotated[Address, Personal("order.billing_address")] | None = None
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=200)]
    shipping_fee: Amount = 0
    carrier: Id | None = None
    placed_at: Moment | None = None
    kind: Annotated[str, Field(pattern="^(regular|support)$")] = "regular"
    reason: Code | None = None
    expected_version: Annotated[int, Field(ge=0, le=2**62)] | None = None


class ApproveOrder(Command):
    """Let an order through: a reviewed one (O-14) or a free one (O-07)."""

    name: ClassVar[str] = "order.approve"


class FollowUpOrder(Command):
    """Ask the customer about a reviewed order (O-15)."""

    name: ClassVar[str] = "order.follow_up"


class CancelOrder(Command):
    """Cancel an order; `reason` is mandatory, `fraud_proven` needs its own scope (O-18, O-27)."""

    name: ClassVar[str] = "order.cancel"


class CreateReturn(Command):
    """Open a return (R-01)."""

    name: ClassVar[str] = "return.create"

    lines: Annotated[tuple[ReturnLine, ...], Field(min_length=1, max_length=200)]
    outcome: Annotated[str, Words(Outcome)] = Outcome.REFUND
    receipt_required: bool = True
    refund_shipping: bool = False


class _ReturnCommand(Command):
    rma_code: Id


class ConfirmReturn(_ReturnCommand):
    """Confirm a drafted return (R-02, R-03)."""

    name: ClassVar[str] = "return.confirm"


class ValidateReturn(_ReturnCommand):
    """Accept the received goods (R-06)."""

    name: ClassVar[str] = "return.validate"


class ReceiveReturn(_ReturnCommand):
    """Record received pieces by hand (R-04, R-05)."""

    name: ClassVar[str] = "return.receive"

    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1, max_length=200)]
    validated: bool = False


class CloseReturnShort(_ReturnCommand):
    """Settle a return with what has arrived (R-09)."""

    name: ClassVar[str] = "return.close_short"


class CancelReturn(_ReturnCommand):
    """Cancel a return of which nothing arrived (R-10)."""

    name: ClassVar[str] = "return.cancel"


class RefuseReturn(_ReturnCommand):
    """Refuse received goods (R-11)."""

    name: ClassVar[str] = "return.refuse"


class SwitchReturnOutcome(_ReturnCommand):
    """Turn an exchange into a refund (X-07)."""

    name: ClassVar[str] = "return.switch_outcome"

    outcome: Annotated[str, Words(Outcome)] = Outcome.REFUND


class _RefundCommand(Command):
    refund_id: Id


class ApproveRefund(_RefundCommand):
    """Approve a requested refund (F-04)."""

    name: ClassVar[str] = "refund.approve"


class CancelRefund(_RefundCommand):
    """Cancel a refund that isn't approved yet (F-06)."""

    name: ClassVar[str] = "refund.cancel"


class CreateFlash(Command):
    """Draft a flash reorder for missing lines (L-01, L-02)."""

    name: ClassVar[str] = "flash.create"

    lines: Annotated[tuple[FulfilledLine, ...], Field(min_length=1, max_length=200)]


class _FlashCommand(Command):
    flash_id: Id


class AddToFlash(_FlashCommand):
    """Add pieces to a draft (L-02)."""

    name: ClassVar[str] = "flash.add"

    lines: Annotated[tuple[FulfilledLine, ...], Field(min_length=1, max_length=200)]


class RemoveFromFlash(_FlashCommand):
    """Take lines out of a draft (L-02)."""

    name: ClassVar[str] = "flash.remove"

    lines: Annotated[tuple[LineNumber, ...], Field(min_length=1, max_length=200)]


class SendFlash(_FlashCommand):
    """Send a draft to the reorder desk (L-03)."""

    name: ClassVar[str] = "flash.send"


class CancelFlash(_FlashCommand):
    """Withdraw a flash reorder (L-08)."""

    name: ClassVar[str] = "flash.cancel"


class CommentOrder(Command):
    """Add a note to the order's history (EP-22)."""

    name: ClassVar[str] = "order.comment"

    text: Comment


class ReleaseQuarantine(Command):
    """Try a quarantined order's waiting records again, in their order; passes the queue itself."""

    name: ClassVar[str] = "quarantine.release"


class DiscardQuarantined(Command):
    """Give up the record that put the order into quarantine, with a reason, and go on with the next."""

    name: ClassVar[str] = "quarantine.discard"
