"""Words: how each state looks (icon, word and tint, always the three), and what things are called on the pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: its tint, its icon, and its word in English, which is looked up in the other languages.

    What stands behind a broken bar is never shown: it keeps words apart that are one in English, and several elsewhere.
    """

    tint: str
    icon: str
    word: str


def _looks(*rows: tuple[str, str, str, str]) -> Mapping[str, Look]:
    return MappingProxyType({state: Look(tint, icon, word) for state, tint, icon, word in rows})


LOOKS: Final[Mapping[str, Mapping[str, Look]]] = MappingProxyType(
    {
        "order": _looks(
            ("draft", "idle", "pencil", "Draft"),
            ("payment_pending", "idle", "credit-card", "Payment pending"),
            ("risk_review", "wait", "shield-alert", "Fraud review"),
            ("risk_follow_up", "wait", "shield-alert", "Customer asked"),
            ("approved", "info", "check", "Approved"),
            ("availability_requested", "idle", "clock", "Asked warehouse"),
            ("processing", "wait", "circle-dashed", "Processing"),
            ("confirmed", "info", "circle-check", "Confirmed"),
            ("picking", "info", "package", "Picking"),
            ("shipping", "info", "package", "Shipping¦state"),
            ("sent", "info", "truck", "Sent"),
            ("delivered", "ok", "circle-check", "Delivered"),
            ("completed", "ok", "check", "Completed"),
            ("cancelled", "idle", "ban", "Cancelled"),
            ("voided", "idle", "ban", "Voided"),
        ),
        "payment": _looks(
            ("unpaid", "idle", "credit-card", "Not paid"),
            ("authorised", "info", "credit-card", "Authorised"),
            ("paid", "ok", "credit-card", "Paid"),
            ("part_refunded", "ok", "credit-card", "Part refunded"),
            ("refunded", "idle", "credit-card", "Refunded"),
        ),
        "transaction": _looks(
            ("not_required", "idle", "credit-card", "Not needed"),
            ("requested", "idle", "clock", "Asked for"),
            ("refused", "stop", "circle-x", "Refused"),
            ("authorised", "info", "credit-card", "Authorised"),
            ("captured", "ok", "check", "Taken"),
            ("voided", "idle", "ban", "Set free"),
            ("beside", "wait", "credit-card", "Beside"),
        ),
        "line": _looks(
            ("requested", "idle", "clock", "Asked"),
            ("available", "info", "check", "Available"),
            ("anomaly", "wait", "circle-dashed", "Missing"),
            ("restocking", "wait", "clock", "Restocking"),
            ("unavailable", "stop", "circle-x", "Not available"),
            ("reserved", "ok", "check", "Reserved"),
            ("shipped", "ok", "truck", "Shipped"),
            ("returned", "idle", "undo-2", "Returned"),
            ("cancelled", "idle", "ban", "Cancelled"),
        ),
        "shipment": _looks(
            ("planned", "idle", "clock", "Planned"),
            ("awaiting_availability", "idle", "clock", "Asked warehouse"),
            ("reserved", "info", "check", "Reserved"),
            ("released", "info", "check", "Released"),
            ("picking", "info", "package", "Picking"),
            ("packed", "info", "package", "Packed"),
            ("sent", "info", "truck", "Sent"),
            ("delivered", "ok", "circle-check", "Delivered"),
            ("not_required", "idle", "check", "Nothing to send"),
            ("cancelled", "idle", "ban", "Cancelled"),
        ),
        "return": _looks(
            ("draft", "idle", "pencil", "Draft"),
            ("awaiting_receipt", "info", "undo-2", "Awaited"),
            ("partially_received", "wait", "undo-2", "Part received"),
            ("received", "wait", "inbox", "Received"),
            ("validated", "ok", "check", "Accepted"),
            ("cancelled", "idle", "ban", "Cancelled¦return"),
            ("refused", "stop", "circle-x", "Refused"),
            ("expired", "idle", "clock", "Expired"),
        ),
        "refund": _looks(
            ("requested", "wait", "clock", "Asked for"),
            ("approved", "info", "check", "Approved¦refund"),
            ("executed", "ok", "circle-check", "Executed"),
            ("failed", "stop", "circle-x", "Failed"),
            ("cancelled", "idle", "ban", "Cancelled¦refund"),
        ),
        "flash": _looks(
            ("draft", "idle", "pencil", "Draft"),
            ("sent", "info", "zap", "Sent¦reorder"),
            ("accepted", "info", "check", "Accepted"),
            ("fulfilled", "ok", "circle-check", "Fulfilled"),
            ("refused", "stop", "circle-x", "Refused"),
            ("cancelled", "idle", "ban", "Cancelled¦reorder"),
        ),
        "exchange": _looks(
            ("pending", "held", "hand", "Waits for the return"),
            ("released", "info", "check", "Released"),
            ("done", "ok", "circle-check", "Done¦order"),
            ("cancelled", "idle", "ban", "Cancelled"),
        ),
        "recall": _looks(
            ("open", "wait", "clock", "Asked"),
            ("accepted", "ok", "check", "Stopped"),
            ("refused", "stop", "circle-x", "Refused"),
            ("unanswered", "stop", "clock", "No answer"),
        ),
        "partner": _looks(
            ("on", "ok", "check", "Heard"),
            ("quiet", "idle", "clock", "Quiet"),
            ("failing", "stop", "circle-x", "Something failed"),
            ("paused", "held", "pause", "Paused"),
        ),
        "webhook": _looks(
            ("on", "ok", "check", "Sends"),
            ("left_alone", "wait", "clock", "Left alone"),
            ("resting", "held", "pause", "Disabled"),
            ("disabled", "stop", "circle-x", "Disabled: failed"),
        ),
        "key": _looks(
            ("good", "ok", "key-round", "Good"),
            ("revoked", "idle", "ban", "Ended"),
            ("expired", "idle", "clock", "Expired"),
        ),
        "delivery": _looks(
            ("pending", "wait", "clock", "Pending"),
            ("delivered", "ok", "check", "Delivered"),
            ("failed", "stop", "circle-x", "Failed"),
        ),
        "what_if": _looks(
            ("running", "info", "refresh-cw", "Under way"),
            ("done", "ok", "check", "Done"),
            ("failed", "stop", "circle-x", "Failed"),
            ("stopped", "idle", "ban", "Stopped"),
        ),
        "failed": _looks(
            ("dead_letter", "stop", "circle-x", "Dead letter"),
            ("quarantined", "held", "hand", "Quarantine"),
            ("waiting", "wait", "clock", "Waiting"),
            ("held", "held", "pause", "Held back"),
        ),
        "hold": _looks(
            ("csr", "held", "hand", "Held: agent"),
            ("suspended", "held", "hand", "Held: suspended"),
            ("logistics", "held", "hand", "Held: logistics"),
            ("alert", "held", "hand", "Held: alert"),
            ("recall", "held", "hand", "Held: recall"),
            ("exchange", "held", "hand", "Held: exchange"),
        ),
        "reason": _looks(
            ("overdue", "stop", "clock", "Overdue"),
            ("hold", "held", "hand", "Hold"),
            ("alert", "wait", "triangle-alert", "Alert"),
            ("open", "wait", "circle-dashed", "To settle"),
            ("quarantine", "held", "hand", "Quarantine"),
        ),
        "shard": _looks(
            ("works", "ok", "circle-check", "Works"),
            ("held_up", "wait", "clock", "Held up"),
            ("paused", "held", "pause", "Paused"),
            ("stopped", "stop", "circle-x", "Stopped"),
            ("unattended", "stop", "triangle-alert", "Nobody works on it"),
        ),
        "process": _looks(
            ("alive", "ok", "circle-check", "Alive"),
            ("silent", "stop", "circle-x", "Silent"),
        ),
        "call": _looks(
            ("received", "idle", "clock", "To be sent"),
            ("sending", "info", "clock", "On its way"),
            ("unknown", "wait", "circle-help", "In doubt"),
            ("pending", "info", "clock", "Not finished"),
            ("given_up", "stop", "circle-x", "Given up"),
            ("settled", "info", "check", "Answer known"),
            ("answered", "ok", "circle-check", "Answered"),
            ("not_ours", "idle", "ban", "Nothing to call"),
            ("unreadable", "stop", "circle-x", "Unreadable"),
        ),
    }
)
"""How each state of each kind of thing is shown; a test holds them to the states that there are."""
UNKNOWN: Final = "circle-dashed"


def look(kind: str, state: str) -> Look:
    """Return how a state is shown; one that the console doesn't know yet by its own name."""
    found = LOOKS[kind].get(state)
    return found if found is not None else Look("idle", UNKNOWN, state.replace("_", " "))
