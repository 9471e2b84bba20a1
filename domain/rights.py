"""Rights: the scopes that a token may carry, and who may command what of which store."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domain.deciding.decision import Refusal
from domain.deciding.received import Actor

READ: Final = "orders.read"
MANAGE: Final = "orders.manage"
OPERATE: Final = "orders.operate"
SPLIT: Final = "orders.split"
TRANSFER: Final = "orders.transfer"
UNLOCK: Final = "orders.unlock"
RECALL: Final = "orders.recall"
RELEASE_LOGISTICS: Final = "orders.logistics_release"
REVIEW: Final = "fraud.review"
CHEQUE: Final = "payment.cheque"
SETTLE_PAYMENT: Final = "payment.settle"
CREATE_RETURN: Final = "return.create"
RECEIVE_RETURN: Final = "return.receive"
CREATE_REFUND: Final = "refund.create"
APPROVE_REFUND: Final = "refund.approve"
CONFIGURE: Final = "admin.config"
AUDIT: Final = "audit.read"
MANAGE_WEBHOOKS: Final = "webhooks.manage"
MANAGE_PARTNERS: Final = "partners.manage"
ANY_STORE: Final = "*"
"""The store of a token that counts for all."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a scope lets its holder do, in words, and the rules that ask for a scope of its own."""

    says: str
    ids: tuple[str, ...] = ()


SCOPES: Final[Mapping[str, Scope]] = MappingProxyType(
    {
        READ: Scope("look at orders"),
        MANAGE: Scope("change orders, and whatever else no other scope is for"),
        OPERATE: Scope("let quarantined records go on, or give them up"),
        SPLIT: Scope("split shipments", ("EP-36",)),
        TRANSFER: Scope("hand calls over", ("OMC-13",)),
        UNLOCK: Scope("end another agent's lock", ("EP-30",)),
        RECALL: Scope("recall orders from the warehouse", ("O-22",)),
        RELEASE_LOGISTICS: Scope("release what logistics hold", ("PEL-31", "H-05")),
        REVIEW: Scope("decide on doubted orders", ("OSM-27", "O-14", "O-18")),
        CHEQUE: Scope("check and validate cheques", ("OSM-30", "OSM-31")),
        SETTLE_PAYMENT: Scope("ask for money again, note what the provider did, and write it off", ("P-16", "P-18")),
        CREATE_RETURN: Scope("announce and confirm returns", ("EP-38",)),
        RECEIVE_RETURN: Scope("receive and validate returns", ("EP-38", "R-06")),
        CREATE_REFUND: Scope("give goodwill refunds", ("EP-54",)),
        APPROVE_REFUND: Scope("approve refunds and say that they are paid", ("F-04",)),
        CONFIGURE: Scope("say which words people can choose from", ("OMC-27", "D-05")),
        AUDIT: Scope("see the whole history with who did what, and what was refused"),
        MANAGE_WEBHOOKS: Scope("make, change and replay webhooks"),
        MANAGE_PARTNERS: Scope("give partners keys, and pause them"),
    }
)
"""Every scope there is."""
_NO_READERS: Final = frozenset({OPERATE, RECEIVE_RETURN, CONFIGURE, AUDIT, MANAGE_WEBHOOKS, MANAGE_PARTNERS})
READERS: Final = frozenset(SCOPES) - _NO_READERS
"""The scopes whose holders see orders whole: who acts on orders must see them."""
_CSR: Final = (READ, MANAGE, SPLIT, RECALL, CREATE_RETURN, CREATE_REFUND)
ROLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "csr": _CSR,
        "csr_lead": (*_CSR, UNLOCK, TRANSFER, APPROVE_REFUND, AUDIT),
        "warehouse_desk": (READ, RECEIVE_RETURN),
        "fraud_desk": (READ, REVIEW),
        "logistics": (READ, MANAGE, RELEASE_LOGISTICS, RECALL),
        "operator": (OPERATE, AUDIT),
        "integrator": (MANAGE_WEBHOOKS, MANAGE_PARTNERS),
        "admin": tuple(SCOPES),
    }
)
"""Bundles of scopes that an identity provider may give by one word, if settings name no others."""


def no_right(scope: str, other: str | None, store: str, actor: Actor | None) -> Refusal | None:
    """Refuse who lacks the scope (`other` does as well), or a right on the store; an unknown store is every store's."""
    if actor is None or not actor.scopes & {scope, other}:
        return Refusal("scope", f"this needs the scope {scope}", "ask somebody who has it")
    if not actor.stores & {store, ANY_STORE}:
        where = f"store {store}" if store else "all stores: none of its own is known"
        return Refusal("scope", f"this needs a right on {where}", "ask somebody who has it")
    return None
