"""What the provider's answers mean: done, refused, not yet final, not done, or unknown; no answer is taken on trust."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from adapters.calls.exchange import Reply
from adapters.payments.amounts import from_provider
from adapters.payments.calls import Call, CallKind
from contracts.message import Message, Money
from contracts.payments import (
    Operation,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentRefused,
    PaymentVoided,
    RefundExecuted,
    RefundFailed,
)

NOT_ACCEPTED: Final = frozenset({401, 403, 429})
"""Refusals of the caller, not of the call: nothing was done, and the same call may be sent again."""
MOVED_ON: Final = frozenset({"payment_intent_unexpected_state", "charge_already_refunded", "charge_already_captured"})
"""Errors that say how things stand, not how they came to: the thing itself is looked at before they are believed."""
FOR_GOOD: Final = frozenset({"lost_or_stolen_card", "expired_or_canceled_card", "charge_for_pending_refund_disputed"})
"""Why a refund to this card can't work the next time either."""
MOST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome is known: this is what is told to the hub."""

    answer: Message
    provider_id: str | None

    def __post_init__(self) -> None:
        self.answer.checked()  # a provider's words and amounts are in it


@dataclass(frozen=True, slots=True)
class NotFinal:
    """The provider has taken it on and hasn't finished."""

    provider_id: str
    why: str


@dataclass(frozen=True, slots=True)
class NotDone:
    """This attempt certainly did nothing; `after` is when to come back, in seconds."""

    why: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell whether it was done."""

    why: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """The provider knows nothing of the call."""


@dataclass(frozen=True, slots=True)
class Disputed:
    """The provider refuses because things are as they are: ask first, `otherwise` is its refusal."""

    otherwise: Settled


Verdict = Settled | NotFinal | NotDone | Unknown | Nothing | Disputed


def told(call: Call, reply: Reply) -> Verdict:
    """Return what the answer to a call means."""
    if reply.key is not None and reply.key != call.key:
        return Unknown("the answer carries another call's key")
    if reply.status in (200, 201):
        verdict = _state(call, reply.body)
        return Unknown("the answer is not about this call", reply.retry_after) if verdict is None else verdict
    error = _error(reply.body)
    if reply.status in NOT_ACCEPTED:
        return NotDone(f"answered {reply.status}{_why(error)}", reply.retry_after)
    definite = error is not None and 400 <= reply.status < 500 and reply.status != 409
    if error is None or not definite or error.get("type") == "idempotency_error":
        return Unknown(f"answered {reply.status}{_why(error)}", reply.retry_after)
    refused = Settled(refusal(call, _reason(error), retryable=error.get("type") == "card_error"), None)
    return Disputed(refused) if error.get("code") in MOVED_ON else refused


def found(call: Call, reply: Reply) -> Verdict:
    """Return what the provider's answer to our question says of a call."""
    if reply.status == 404 and _error(reply.body) is not None and call.payment_id is not None:
        return Nothing()  # no such payment; a search that isn't found is none that found nothing
    if reply.status != 200 or not isinstance(reply.body, dict):
        return Unknown(f"asked, and answered {reply.status}{_why(_error(reply.body))}", reply.retry_after)
    if reply.body.get("object") not in ("list", "search_result"):
        return _state(call, reply.body) or (Nothing() if _is_payment(call, reply.body) else Unknown("asked in vain"))
    entries = reply.body.get("data")
    if not isinstance(entries, list):
        return Unknown("asked, and the list has no entries")
    verdicts = (_state(call, entry) for entry in entries)
    return next((verdict for verdict in verdicts if verdict is not None), Nothing())


def _state(call: Call, body: Any) -> Verdict | None:
    """Return what an object of the provider says of a call, None where it isn't about it."""
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        return None
    try:
        return _STATES[call.kind](call, body)
    except (KeyError, TypeError, ValueError) as error:  # what a contract refuses is a ValueError
        return Unknown(f"the provider's {body.get('object')} can't be read: {type(error).__name__}")


def _is_payment(call: Call, body: Mapping[str, Any]) -> bool:
    return body.get("object") == "payment_intent" and body.get("id") == call.payment_id


def _mine(call: Call, body: Mapping[str, Any], kind: str) -> bool:
    metadata = body.get("metadata")
    named = metadata.get("request_id") if isinstance(metadata, dict) else None
    return body.get("object") == kind and named == call.request_id


def _money(body: Mapping[str, Any], name: str) -> Money:
    currency = str(body["currency"]).upper()
    amount = body[name]
    whole = type(amount) is int  # the contract refuses everything else
    return Money(amount=from_provider(amount, currency) if whole else amount, currency=currency)


def _authorized(call: Call, body: Mapping[str, Any]) -> Verdict | None:
    if not _mine(call, body, "payment_intent"):
        return None
    match body["status"]:
        case "requires_capture" | "succeeded":
            return Settled(_reserved(call, body), body["id"])
        case "processing":
            return NotFinal(body["id"], "the provider is still working on it")
        case "requires_payment_method" | "requires_action" | "canceled" as status:
            return Settled(refusal(call, _reason(body.get("last_payment_error") or {}, status)), body["id"])
        case status:
            return Unknown(f"the payment is {status}")


def _reserved(call: Call, body: Mapping[str, Any]) -> PaymentAuthorized:
    return PaymentAuthorized(request_id=call.request_id, payment_id=body["id"], amount=_money(body, "amount"))


def _raised(call: Call, body: Mapping[str, Any]) -> Verdict | None:
    if not _is_payment(call, body) or _money(body, "amount") != call.money:
        return None
    return Settled(_reserved(call, body), body["id"])


def _captured(call: Call, body: Mapping[str, Any]) -> Verdict | None:
    if not _is_payment(call, body):
        return None
    if body["status"] == "canceled":
        return Settled(refusal(call, "canceled"), body["id"])
    if body["status"] != "succeeded":
        return None
    taken = _money(body, "amount_received")
    return Settled(PaymentCaptured(request_id=call.request_id, payment_id=body["id"], amount=taken), body["id"])


def _voided(call: Call, body: Mapping[str, Any]) -> Verdict | None:
    if not _is_payment(call, body):
        return None
    if body["status"] == "succeeded":
        return Settled(refusal(call, "already_captured"), body["id"])
    if body["status"] != "canceled":
        return None
    return Settled(
        PaymentVoided(request_id=call.request_id, payment_id=body["id"], amount=_money(body, "amount")), body["id"]
    )


def _refunded(call: Call, body: Mapping[str, Any]) -> Verdict | None:
    if not _mine(call, body, "refund"):
        return None
    match body["status"]:
        case "succeeded":
            amount = _money(body, "amount")
            return Settled(
                RefundExecuted(
                    request_id=call.request_id,
                    refund_id=call.message.refund_id,
                    amount=amount,
                    provider_reference=body["id"],
                ),
                body["id"],
            )
        case "pending" | "requires_action" as status:
            return NotFinal(body["id"], f"the refund is {status}")
        case "failed" | "canceled" as status:
            why = body.get("failure_reason") or status
            return Settled(refusal(call, why, retryable=why not in FOR_GOOD), body["id"])
        case status:
            return Unknown(f"the refund is {status}")


_STATES: Final[Mapping[CallKind, Callable[[Call, Mapping[str, Any]], Verdict | None]]] = MappingProxyType(
    {
        CallKind.AUTHORIZE: _authorized,
        CallKind.RAISE: _raised,
        CallKind.CAPTURE: _captured,
        CallKind.VOID: _voided,
        CallKind.REFUND: _refunded,
    }
)
_OPERATIONS: Final = MappingProxyType({CallKind.CAPTURE: Operation.CAPTURE, CallKind.VOID: Operation.VOID})


def refusal(call: Call, reason: str, *, retryable: bool = True) -> Message:
    """Return what the hub is told of a refused call."""
    why = reason.replace("\x00", "")[:MOST_TEXT] or "declined"
    if call.kind is CallKind.REFUND:
        return RefundFailed(
            request_id=call.request_id, refund_id=call.message.refund_id, reason=why, retryable=retryable
        )
    operation = _OPERATIONS.get(call.kind, Operation.AUTHORIZATION)
    return PaymentRefused(request_id=call.request_id, operation=operation, reason=why)


def _error(body: Any) -> Mapping[str, Any] | None:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) and isinstance(error.get("type"), str) else None


def _reason(error: Mapping[str, Any], otherwise: str = "declined") -> str:
    """Return the most exact word that the provider has for a refusal."""
    return str(error.get("decline_code") or error.get("code") or error.get("type") or otherwise)


def _why(error: Mapping[str, Any] | None) -> str:
    return "" if error is None else f": {_reason(error)}"[:MOST_TEXT]
