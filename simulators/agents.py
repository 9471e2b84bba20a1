"""The agents: what people at the service desk do with orders all day: edits, holds, recalls, cheques, free copies."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from contracts import commands, events, topics
from contracts.commands import ApproveOrder, Command
from contracts.message import Message
from simulators.ledger import Ledger
from simulators.partner import Partner
from simulators.planned import Heard, Planned
from simulators.settings import Simulation

TOKEN_HEADER: Final = "hub-token"  # noqa: S105 - the name of a header
HAT: Final = commands.NewLine(sku="hat-sun-M", model="hat-sun", quantity=1, unit_price=1_950)
GOODWILL: Final = 100
"""Minor units."""
STEPS: Final = MappingProxyType(
    {
        "cheque_received": commands.CheckCheque(signed=True, amount=True, billing_address=True, customer_name=True),
        "cheque_checked": commands.AuthorizeCheque(),
        "authorised": commands.ValidateCheque(),
    }
)
"""What follows when a cheque has come so far."""
DIFFICULTIES: Final = ("carrier", "returned_to_sender", "contradicted", "tracking_taken")
"""Alerts after which somebody calls the carrier and the customer; no order is closed before."""
INTENTS: Final = ("cancel", "modify", "hold")


class Agents(Partner):
    """The agents; each kind of work is drawn per order. A refusal is a normal answer: the hub knows better."""

    slug = "agents"
    writes = topics.COMMANDS
    hears = MappingProxyType(
        {
            topics.ORDER_EVENTS: (
                events.OrderCreated,
                events.OrderDrafted,
                events.OrderAvailabilityRequested,
                events.OrderConfirmed,
                events.OrderReopened,
                events.OrderHeld,
                events.OrderSuspended,
                events.OrderSent,
                events.OrderDelivered,
                events.AlertRaised,
                events.PaymentChanged,
                events.RefundApproved,
                events.RefundFailed,
                events.CommandRejected,
            )
        }
    )
    answers_again = False
    may_be_silent = False

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        super().__init__(settings, ledger)
        self._cheques: set[str] = set()
        self._asked: dict[str, str] = {}
        """Command id to the kind of work."""

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Do what an order needs, and now and then what its customer asks for on the phone."""
        match heard.message:
            case events.OrderDrafted(kind="zero"):
                return [self._do(heard, ApproveOrder(reason="lost in transit"), "zero_approved", rng)]
            case events.OrderHeld(hold="csr"):
                return [self._do(heard, commands.ReleaseHold(), "released", rng, times=3)]
            case events.OrderSuspended():
                return [self._do(heard, commands.ResumeOrder(), "resumed", rng, times=3)]
            case events.OrderReopened():
                return [self._do(heard, commands.ModifyOrder(shipping_discount_pct=50), "edited", rng, times=3)]
            case events.AlertRaised(alert=alert):
                settled = commands.ClearAlert(alert=alert, reason="settled with carrier and customer")
                return [self._do(heard, settled, "settled", rng, times=3)] if alert in DIFFICULTIES else []
            case events.PaymentChanged(state=state) if state in STEPS:
                return self._cheque(heard, state, rng)
            case events.RefundApproved(refund_id=refund_id, tender="manual"):
                paid_out = commands.RefundDone(refund_id=refund_id, reference="transfer")
                return [self._do(heard, paid_out, "paid_out", rng)]
            case events.RefundFailed(refund_id=refund_id):
                closed = "the card is closed"
                retender = commands.RetenderRefund(refund_id=refund_id, tender="alternate", reason=closed)
                return [self._do(heard, retender, "retendered", rng)]
            case events.CommandRejected() as rejected:
                self._refused(rejected)
                return []
            case message:
                return [self._do(heard, command, kind, rng) for kind, command in self._wishes(heard, message, rng)]

    def _wishes(self, heard: Heard, message: Message, rng: Random) -> list[tuple[str, Command]]:
        """Return what the customer of this order wants at this point."""
        found = []
        for kind, (moment, command) in WISHES.items():
            if isinstance(message, moment) and self.chance.happens(self.settings.mischief.desk, kind, heard.order_id):
                found.append((kind, command(rng)))
        return found

    def _cheque(self, heard: Heard, state: str, rng: Random) -> list[Planned]:
        if state == "cheque_received":
            self._cheques.add(heard.order_id)
        if heard.order_id not in self._cheques:
            return []
        return [self._do(heard, STEPS[state], state, rng)]

    def _do(self, heard: Heard, command: Command, kind: str, rng: Random, times: float = 1) -> Planned:
        said = self.say(command, heard.order_id, times * self.settings.pace.wait(rng), kind, heard.id)
        self._asked[said.id] = kind
        self.ledger.count(f"desk_{kind}")
        token = self.settings.token
        return replace(said, extra_headers=() if token is None else ((TOKEN_HEADER, token.encode()),))

    def _refused(self, rejected: events.CommandRejected) -> None:
        if rejected.command_id in self._asked:
            self.ledger.count(f"desk_{self._asked[rejected.command_id]}_refused")
            self.ledger.rejections[rejected.code] += 1


WISHES: Final[MappingProxyType[str, tuple[type[Message], Callable[[Random], Command]]]] = MappingProxyType(
    {
        "more": (events.OrderCreated, lambda rng: commands.ModifyOrder(add=(HAT,))),
        "cheaper": (
            events.OrderCreated,
            lambda rng: commands.ChangePrice(lines=(commands.PriceCut(line=1, percent=rng.randint(1, 40)),)),
        ),
        "apart": (
            events.OrderAvailabilityRequested,
            lambda rng: commands.SplitShipment(lines=(commands.LineQuantity(line=1, quantity=1),), method="express"),
        ),
        "held": (events.OrderAvailabilityRequested, lambda rng: commands.HoldOrder(reason="the customer calls back")),
        "suspended": (events.OrderCreated, lambda rng: commands.SuspendOrder(reason="two orders in a minute")),
        "recalled": (
            events.OrderConfirmed,
            lambda rng: commands.RecallOrder(intent=rng.choice(INTENTS), reason="the customer changed his mind"),
        ),
        "copied": (events.OrderSent, lambda rng: commands.CreateZeroOrder(reason="lost in transit")),
        "goodwill": (
            events.OrderDelivered,
            lambda rng: commands.RequestRefund(kind="goodwill", amount=GOODWILL, reason="late"),
        ),
    }
)
"""What customers ask for on the phone: when, and the command for it."""
