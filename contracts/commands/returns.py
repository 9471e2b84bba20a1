"""Returns, opened and handled by hand."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command
from contracts.declaring import Words
from contracts.message import Id
from contracts.shop import Outcome, ReceivedLine, ReturnLine


class CreateReturn(Command):
    """Open a return (R-01), and with `confirm` confirm it at once (R-02, R-03).

    The reason `home_trial` of a line holds for the days of the trial, 30 where nothing else is set, after delivery.
    Any other reason of a line is free text.
    """

    name: ClassVar[str] = "return.create"

    lines: Annotated[tuple[ReturnLine, ...], Field(min_length=1, max_length=200)]
    outcome: Annotated[str, Words(Outcome)] = Outcome.REFUND
    receipt_required: bool = True
    refund_shipping: bool = False
    confirm: bool = False


class _ReturnCommand(Command):
    rma_code: Id


class ConfirmReturn(_ReturnCommand):
    """Confirm a drafted return (R-02, R-03)."""

    name: ClassVar[str] = "return.confirm"


class ValidateReturn(_ReturnCommand):
    """Accept the received goods (R-06)."""

    name: ClassVar[str] = "return.validate"


class ReceiveReturn(_ReturnCommand):
    """Record received pieces by hand (R-04, R-05); a second receipt of the same number is refused (R-20)."""

    name: ClassVar[str] = "return.receive"

    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1, max_length=200)]
    validated: bool = False
    receipt_id: Id | None = None


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
