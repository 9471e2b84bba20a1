"""Commands: who may give which, and the checks that every one passes before the rules look at it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain import facts
from domain.decision import Received, Refusal
from domain.order import Order, State

MANAGE: Final = "orders.manage"
ANY_STORE: Final = "*"
SCOPES: Final[Mapping[type[facts.Command], str]] = MappingProxyType(
    {
        facts.FollowUpOrder: "fraud.review",
        facts.CreateReturn: "return.create",
        facts.ConfirmReturn: "return.create",
        facts.CancelReturn: "return.create",
        facts.SwitchReturnOutcome: "return.create",
        facts.ReceiveReturn: "return.receive",
        facts.ValidateReturn: "return.receive",
        facts.CloseReturnShort: "return.receive",
        facts.RefuseReturn: "return.receive",
        facts.ApproveRefund: "refund.approve",
        facts.CancelRefund: "refund.approve",
        facts.ReleaseQuarantine: "orders.operate",
        facts.DiscardQuarantined: "orders.operate",
    }
)
"""The scope that each command needs; those not named need `orders.manage`."""


def scope_of(order: Order, command: facts.Command) -> str:
    """Return the scope that a command needs on this order."""
    doubted = order.state in (State.RISK_REVIEW, State.RISK_FOLLOW_UP)
    if isinstance(command, facts.ApproveOrder) and doubted:
        return "fraud.review"
    if isinstance(command, facts.CancelOrder) and command.reason == "fraud_proven":
        return "fraud.review"
    return SCOPES.get(type(command), MANAGE)


def objection(order: Order, received: Received, command: facts.Command) -> Refusal | None:
    """Return why this command is refused before any rule is asked: no order, no scope, stale version (K-06)."""
    begins = isinstance(command, facts.SubmitOrder)
    if order.state is None and not begins:
        return Refusal("unknown_order", "there is no such order", "check the order's id")
    store = command.store if isinstance(command, facts.SubmitOrder) and order.state is None else order.store
    scope, actor = scope_of(order, command), received.actor
    if actor is None or scope not in actor.scopes:
        return Refusal("scope", f"this needs the scope {scope}", "ask somebody who has it")
    if not actor.stores & {store, ANY_STORE}:
        return Refusal("scope", f"this needs a right on store {store}", "ask somebody who has it")
    seen = command.expected_version
    if seen is not None and seen != order.version:
        detail = f"the order is at version {order.version}, the command is for version {seen}"
        return Refusal("stale_version", detail, "reload the order, then decide again")
    return None
