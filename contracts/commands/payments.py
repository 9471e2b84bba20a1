"""Payments: cheques checked by people, and retries given up."""

from typing import ClassVar

from contracts.commands.command import Command


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
