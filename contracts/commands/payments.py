"""Payments: cheques checked by people, tries given up or made again, and what was done in the provider's console."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.command import Command
from contracts.message import Id


class CheckCheque(Command):
    """Say what of a received cheque is right (P-02)."""

    name: ClassVar[str] = "payment.cheque.check"

    signed: bool
    amount: bool
    billing_address: bool
    customer_name: bool


class AuthorizeCheque(Command):
    """Authorise a checked cheque: the first step (P-03)."""

    name: ClassVar[str] = "payment.cheque.authorize"


class ValidateCheque(Command):
    """Validate an authorised cheque: the money is taken (P-03)."""

    name: ClassVar[str] = "payment.cheque.validate"


class ClearRetries(Command):
    """Give up further attempts of a payment that has succeeded (P-05)."""

    name: ClassVar[str] = "payment.clear_retries"


class RetryPayment(Command):
    """Ask again for what failed or stays unanswered: a reservation, a capture, a void, or the rest of the money."""

    name: ClassVar[str] = "payment.retry"


class NotePayment(Command):
    """Note what was done in the payment provider's console: `amount` in minor units, `reference` as it stands there."""

    name: ClassVar[str] = "payment.note"

    operation: Annotated[str, Field(pattern="^(authorization|capture|void|refund)$")]
    amount: Annotated[int, Field(ge=1, le=10**15)]
    reference: Id
    payment_id: Id | None = None
    refund_id: Id | None = None


class BookPayment(Command):
    """Book what the provider reserved or paid back as it is, though another amount was asked for, or nobody asked."""

    name: ClassVar[str] = "payment.book"

    payment_id: Id | None = None
    refund_id: Id | None = None
    amount: Annotated[int, Field(ge=1, le=10**15)] | None = None


class WriteOffPayment(Command):
    """Give up the money that is still due: the order goes on, and is closed, without it."""

    name: ClassVar[str] = "payment.write_off"
