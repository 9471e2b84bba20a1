"""Refunds: requested, approved, paid out by hand or in another way."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command
from contracts.commands.lines import LineQuantity
from contracts.message import Code, Id

RefundTender = Annotated[str, Field(pattern="^(original|alternate|manual)$")]


class _RefundCommand(Command):
    refund_id: Id


class ApproveRefund(_RefundCommand):
    """Approve a requested refund (F-04)."""

    name: ClassVar[str] = "refund.approve"


class CancelRefund(_RefundCommand):
    """Cancel a refund that isn't approved yet (F-06)."""

    name: ClassVar[str] = "refund.cancel"


class RequestRefund(Command):
    """Ask for money back for sent items (F-01) or out of goodwill (F-02); `amount` in minor units."""

    name: ClassVar[str] = "refund.request"

    kind: Annotated[str, Field(pattern="^(items|goodwill)$")] = "items"
    lines: Annotated[tuple[LineQuantity, ...], Field(max_length=200)] = ()
    shipping: bool = False
    amount: Annotated[int, Field(ge=1, le=10**15)] | None = None
    tender: RefundTender = "original"


class RefundDone(Command):
    """Say that a manual refund was paid out (F-08)."""

    name: ClassVar[str] = "refund.manual_done"

    refund_id: Id
    reference: Code | None = None


class RetenderRefund(Command):
    """Pay a failed refund out in another way (F-10)."""

    name: ClassVar[str] = "refund.retender"

    refund_id: Id
    tender: Annotated[str, Field(pattern="^(alternate|manual)$")] = "alternate"
