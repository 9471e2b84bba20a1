"""What all kinds of the catalogue have in common: answers to commands, the head of their events, operators' rights."""

from typing import Any, Protocol, TypeVar

from contracts.catalogue import CatalogueCommandAccepted, CatalogueCommandRejected, CatalogueHead
from contracts.commands import Command
from domain import rights
from domain.deciding.decision import Decision, Outcome, Refusal
from domain.deciding.received import Received


class Versioned(Protocol):
    """What the catalogue holds."""

    @property
    def version(self) -> int:
        """Return how many changes a person could see."""


Value = TypeVar("Value", bound=Versioned)


def accepted(received: Received) -> CatalogueCommandAccepted:
    """Return the event that tells the author of a command that it was carried out."""
    return CatalogueCommandAccepted(received.cause.id, received.cause.source)


def answer(value: Value, received: Received, refusal: Refusal | None) -> Decision[Value]:
    """Return the answer to a command that changes nothing."""
    if refusal is None:
        return Decision(received, value, Outcome.APPLIED, events=(accepted(received),))
    cause = received.cause
    rejected = CatalogueCommandRejected(cause.id, cause.source, refusal.code, refusal.detail, refusal.hint)
    return Decision(received, value, Outcome.REFUSED, events=(rejected,), refusal=refusal)


def head(decision: Decision[Any]) -> CatalogueHead:
    """Return what all events of a decision carry."""
    received = decision.received
    actor = None if received.actor is None else received.actor.name
    return CatalogueHead(version=decision.after.version, cause=received.cause, actor=actor, rules=decision.rules)


def no_right(value: Versioned, received: Received) -> Refusal | None:
    """Refuse who may not let quarantined records go on: the catalogue belongs to no single store."""
    return rights.no_right(rights.OPERATE, None, "", received.actor)


def stale(value: Versioned, said: Command) -> Refusal | None:
    """Refuse a command that was written for another version."""
    seen = said.expected_version
    if seen is None or seen == value.version:
        return None
    detail = f"it is at version {value.version}, the command is for version {seen}"
    return Refusal("stale_version", detail, "reload it, then decide again")
