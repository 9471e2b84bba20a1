"""Commands: who may give which, and the checks that every one passes before the rules look at it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.deciding.decision import Refusal
from domain.deciding.received import Actor, Received
from domain.orders import desk_facts as desk
from domain.orders import facts, gates, holds
from domain.orders.order import Order, State

MANAGE: Final = "orders.manage"
ANY_STORE: Final = "*"
LOGISTICS: Final = "logistics"
_BEGIN: Final = (facts.SubmitOrder, desk.DraftOrder)
SCOPES: Final[Mapping[type[facts.Command], str]] = MappingProxyType(
    {
        desk.TransferCall: "orders.transfer",
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
        desk.RefundDone: "refund.approve",
        desk.RetenderRefund: "refund.approve",
        desk.RecallOrder: "orders.recall",
        desk.SplitShipment: "orders.split",
        desk.CheckCheque: "payment.cheque",
        desk.AuthorizeCheque: "payment.cheque",
        desk.ValidateCheque: "payment.cheque",
        facts.ReleaseQuarantine: "orders.operate",
        facts.DiscardQuarantined: "orders.operate",
    }
)
"""The scope that each command needs; those not named need `orders.manage`."""
SCOPE_RULES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "orders.split": ("EP-36",),
        "orders.transfer": ("OMC-13",),
        "orders.unlock": ("EP-30",),
        "orders.recall": ("O-22",),
        "orders.logistics_release": ("PEL-31", "H-05"),
        "fraud.review": ("OSM-27", "O-14", "O-18"),
        "payment.cheque": ("OSM-30", "OSM-31"),
        "return.create": ("EP-38",),
        "return.receive": ("EP-38", "R-06"),
        "refund.create": ("EP-54",),
        "refund.approve": ("F-04",),
    }
)
"""The rules that ask for a scope of its own."""
EITHER: Final[Mapping[type[facts.Command], str]] = MappingProxyType(
    {facts.ValidateReturn: "return.create", facts.CancelRefund: MANAGE}
)
"""Commands for which another scope does as well (A-18, OSM-71)."""
EDITS: Final[frozenset[type[facts.Command]]] = frozenset(
    {
        facts.FollowUpOrder,
        *(facts.AddToFlash, facts.RemoveFromFlash, facts.SendFlash, facts.CancelFlash),
        *(facts.ConfirmReturn, facts.CancelReturn, facts.RefuseReturn),
        *(facts.CloseReturnShort, facts.SwitchReturnOutcome),
    }
)
"""Commands without an editing row in the matrix that another agent's lock forbids all the same (K-03)."""


def scope_of(order: Order, command: facts.Command) -> str:
    """Return the scope that a command needs on this order."""
    doubted = order.state in (State.RISK_REVIEW, State.RISK_FOLLOW_UP)
    if isinstance(command, facts.ApproveOrder) and doubted:
        return "fraud.review"
    if isinstance(command, facts.CancelOrder) and command.reason == "fraud_proven":
        return "fraud.review"
    if isinstance(command, desk.RequestRefund) and command.kind == "goodwill":
        return "refund.create"
    if isinstance(command, desk.ReleaseHold) and holds.meant(order, command) == LOGISTICS:
        return "orders.logistics_release"
    if isinstance(command, (desk.RecallOrder, desk.CancelShipment)) and command.reason == "fraud_proven":
        return "fraud.review"
    if isinstance(command, desk.UnlockOrder) and command.force:
        return "orders.unlock"
    return SCOPES.get(type(command), MANAGE)


def objection(order: Order, received: Received, command: facts.Command) -> Refusal | None:
    """Return why this command is refused before any rule is asked (b.0): no order, right, lock, version or gate."""
    begins = isinstance(command, _BEGIN)
    if order.state is None and not begins:
        return Refusal("unknown_order", "there is no such order", "check the order's id")
    store = command.store if isinstance(command, _BEGIN) and order.state is None else order.store
    scope, other = scope_of(order, command), EITHER.get(type(command))
    if isinstance(command, facts.SubmitOrder) and order.state is not None and command.store != order.store:
        return Refusal("scope", f"the draft is store {order.store}'s, not {command.store}'s", "submit it for its store")
    return (
        no_right(scope, other, store, received.actor)
        or _locked(order, command, received.actor)
        or _stale(order, command)
        or gates.objection(order, command)
    )


def no_right(scope: str, other: str | None, store: str, actor: Actor | None) -> Refusal | None:
    """Refuse who lacks the scope (`other` does as well), or a right on the store; an unknown store is every store's."""
    if actor is None or not actor.scopes & {scope, other}:
        return Refusal("scope", f"this needs the scope {scope}", "ask somebody who has it")
    if not actor.stores & {store, ANY_STORE}:
        where = f"store {store}" if store else "all stores: the order's own isn't known yet"
        return Refusal("scope", f"this needs a right on {where}", "ask somebody who has it")
    return None


def edits(kind: type[facts.Command], row: str | None) -> bool:
    """Tell whether commands of this kind edit the order, so that another agent's lock forbids them (K-03)."""
    return kind in EDITS or (row is not None and gates.MATRIX[row].edits)


def _locked(order: Order, command: facts.Command, actor: Actor | None) -> Refusal | None:
    bound = order.lock is not None and edits(type(command), gates.row_of(command))
    if not bound or order.lock is None or (actor is not None and actor.name == order.lock.owner):
        return None
    detail = f"{order.lock.owner} is editing the order"
    return Refusal("locked_by", detail, "read it only, or have a supervisor unlock it: order.unlock with force")


def _stale(order: Order, command: facts.Command) -> Refusal | None:
    seen = command.expected_version
    if seen is None or seen == order.version:
        return None
    detail = f"the order is at version {order.version}, the command is for version {seen}"
    return Refusal("stale_version", detail, "reload the order, then decide again")
