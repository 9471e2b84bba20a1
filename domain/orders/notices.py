"""Notices: what a shard saw of an order's records and numbers, and the order itself can't know."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.internal import CONTRADICTED
from contracts.references import NUMBER
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.orders import facts
from domain.orders.order import ENDED
from domain.orders.scratchpad import TAKEN, TAKEN_SUFFIX, OrderPad

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {CONTRADICTED: "O-62"} | {kind + TAKEN_SUFFIX: rule for kind, rule in TAKEN.items()}
)
"""The notices by their kind, which is the alert that they raise, with the rule of each."""


def noticed(pad: OrderPad, fact: facts.TimerDue) -> Answer:
    """Put before a person what a shard saw: an id with two contents (O-62), a number of two orders (O-61, S-23)."""
    if pad.order.is_alerted(fact.kind):
        return Late(Why.REPEATED, f"the alert {fact.kind} stands")
    if pad.order.state in ENDED and fact.kind != CONTRADICTED:
        return Late(Why.SETTLED, f"the order is {pad.order.state}")
    pad.rules.append(RULES[fact.kind])
    pad.alert(fact.kind, blocking=fact.kind == NUMBER + TAKEN_SUFFIX, text=fact.text)
    return Outcome.APPLIED
