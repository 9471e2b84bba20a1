"""What is asked of the provider: each request of the hub as one call, with its path, its form and its key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5

from adapters.payments.amounts import to_provider
from contracts.message import Message, Money
from contracts.payments import (
    AuthorizationRequested,
    CaptureRequested,
    RefundRequested,
    Tender,
    VoidRequested,
)
from contracts.shop import PaymentMethod
from contracts.topics import PAYMENT_REQUESTS

NAMESPACE: Final = UUID("b0a5e1c2-4d0b-5f0e-8f39-2d6f5f1c7a90")
INTENTS: Final = "/v1/payment_intents"
PAYMENT_PART: Final = "{payment}"
INTENT: Final = f"{INTENTS}/{PAYMENT_PART}"
REFUNDS: Final = "/v1/refunds"


class CallKind(StrEnum):
    """What a call does; `none`: the provider has nothing to do with it."""

    AUTHORIZE = "authorize"
    RAISE = "raise"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    NONE = "none"


def kind_of(message: Message) -> CallKind:
    """Return which call a request is; cheques and payments by hand don't go through a provider."""
    match message:
        case AuthorizationRequested(method=PaymentMethod.CARD, payment_id=None):
            return CallKind.AUTHORIZE
        case AuthorizationRequested(method=PaymentMethod.CARD):
            return CallKind.RAISE
        case CaptureRequested():
            return CallKind.CAPTURE
        case VoidRequested():
            return CallKind.VOID
        case RefundRequested(tender=tender) if tender != Tender.MANUAL:
            return CallKind.REFUND
        case _:
            return CallKind.NONE


@dataclass(frozen=True, slots=True)
class Call:
    """One request of an order, as it is told to the provider."""

    order_id: str
    kind: CallKind
    message: Any

    @classmethod
    def of(cls, order_id: str, message: Message) -> "Call":
        """Return the call that a request is."""
        return cls(order_id, kind_of(message), message)

    @classmethod
    def stored(cls, order_id: str, message_type: str, data: bytes) -> "Call":
        """Return the call of a request that was stored byte for byte."""
        return cls.of(order_id, PAYMENT_REQUESTS.by_type[message_type].read(data))

    @property
    def request_id(self) -> str:
        """Return the hub's id of the request."""
        return str(self.message.request_id)

    @property
    def payment_id(self) -> str | None:
        """Return the provider's payment that the call is about, None for a new one."""
        found: str | None = self.message.payment_id
        return found

    @property
    def money(self) -> Money:
        """Return the amount."""
        amount: Money = self.message.amount
        return amount

    @property
    def key(self) -> str:
        """Return the idempotency key: the same for every attempt of every process, 36 characters."""
        return str(uuid5(NAMESPACE, self.request_id))

    @property
    def path(self) -> str:
        """Return where the call is posted to."""
        return self.route.replace(PAYMENT_PART, quoted(self))

    @property
    def route(self) -> str:
        """Return the path without the payment's id."""
        return _ROUTES[self.kind]

    @property
    def form(self) -> Mapping[str, str]:
        """Return the form's fields, amounts in the provider's units; raises AmountHasNoForm."""
        return _FORMS[self.kind](self)


def quoted(call: Call) -> str:
    """Return the provider's payment as a part of a path."""
    return quote(call.payment_id or "", safe="")


def _about(call: Call) -> dict[str, str]:
    return {"metadata[order_id]": call.order_id, "metadata[request_id]": call.request_id}


def _authorize(call: Call) -> Mapping[str, str]:
    return {
        "amount": str(to_provider(call.money)),
        "currency": call.money.currency.lower(),
        "capture_method": "manual",
        "confirm": "true",
        # Nobody sits at a screen to confirm: a card that asks for its holder is refused, not left open.
        "off_session": "true",
        "error_on_requires_action": "true",
        "customer": call.message.customer_id,
        "metadata[number]": call.message.number,
        **_about(call),
    }


def _refund(call: Call) -> Mapping[str, str]:
    return {
        "payment_intent": call.payment_id or "",
        "amount": str(to_provider(call.money)),
        "metadata[refund_id]": call.message.refund_id,
        **_about(call),
    }


_ROUTES: Final[Mapping[CallKind, str]] = MappingProxyType(
    {
        CallKind.AUTHORIZE: INTENTS,
        CallKind.RAISE: f"{INTENT}/increment_authorization",
        CallKind.CAPTURE: f"{INTENT}/capture",
        CallKind.VOID: f"{INTENT}/cancel",
        CallKind.REFUND: REFUNDS,
    }
)
_FORMS: Final[Mapping[CallKind, Callable[[Call], Mapping[str, str]]]] = MappingProxyType(
    {
        CallKind.AUTHORIZE: _authorize,
        CallKind.RAISE: lambda call: {"amount": str(to_provider(call.money))},
        CallKind.CAPTURE: lambda call: {"amount_to_capture": str(to_provider(call.money))},
        CallKind.VOID: lambda call: {},
        CallKind.REFUND: _refund,
    }
)
