"""Dry runs: what a command would do to an order as it stands now; nothing is written down or published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.commands import Command
from contracts.message import Cause
from contracts.topics import COMMANDS
from domain.deciding.decision import Known, Refusal
from domain.deciding.received import Actor, Received
from domain.orders.aggregate import ORDER
from domain.orders.order import Order
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would come of a command: a refusal, or the order as it would be, and what would be told and asked."""

    after: Order
    refusal: Refusal | None
    caused: Sequence[str]
    asked: Sequence[str]


def try_out(settings: Settings, order: Order, command: Command, actor: Actor, source: str) -> Outcome:
    """Return what a command of this actor would do to an order by the rules and the retailer's choices of now."""
    now = datetime.now(UTC) + settings.clock.ahead
    cause = Cause(source, "dry-run", command.type(), COMMANDS.name, 0, 0)
    received = Received(command, cause, now, now, actor)
    decision = ORDER.decide(order, received, Known(settings.domain_policy()))[0]
    told = [type(event).name for event in decision.events]
    return Outcome(
        decision.after,
        decision.refusal,
        [name for name in told if not name.startswith("command.")],
        [type(request).name for request in decision.requests],
    )
