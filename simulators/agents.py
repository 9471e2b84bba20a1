"""The agents: what people at the service desk do with orders all day: edits, holds, recalls, cheques, free copies."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from contracts import desk, orders, topics
from contracts.commands import ApproveOrder, Command
from contracts.message import Message
from simulators.ledger import Ledger
from simulators.partner import Partner
from simulators.planned import Heard, Planned
from simulators.settings import Simulation

TOKEN_HEADER: Final = "hub-token"  # noqa: S105 - the name of a header
HAT: Final = desk.NewLine(sku="hat-sun-M", model="hat-sun", quantity=1, unit_price=1_950)
GOODWILL: Final = 100
"""Minor units."""
STEPS: Final = MappingProxyType(
    {
        "cheque_received": desk.CheckCheque(signed=True, amount=True, billing_address=True, customer_name=True),
        "cheque_checked": desk.AuthorizeCheque(),
        "authorised": desk.ValidateCheque(),
    }
)
"""What follows when a cheque has come so far."""
DIFFICULTIES: Final = ("carrier", "returned_to_sender")
"""Alerts after which somebody calls the carrier and the customer; no order is closed before."""
INTENTS: Final = ("cancel", "modify", "hold")


class Agents(Partner):
    """The agents; each kind of work is drawn per order. A refusal is a normal answer: the hub knows better."""

    slug = "agents"
    writes = topics.COMMANDS
    hears = MappingProxyType(
        {
            topics.ORDER_EVENTS: (
                orders.OrderCreated,
                orders.OrderAvailabilityRequested,
                orders.OrderConfirmed,
                orders.OrderReopened,
                orders.OrderHeld,
                orders.OrderSuspended,
                orders.OrderSent,
                orders.OrderDelivered,
                orders.AlertRaised,
                orders.PaymentChanged,
                orders.RefundApproved,
                orders.RefundFailed,
                orders.CommandRejected,
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
            case orders.OrderCreated(kind="zero"):
                return [self._do(heard, ApproveOrder(reason="lost in transit"), "zero_approved", rng)]
            case orders.OrderHeld(hold="csr"):
                return [self._do(heard, desk.ReleaseHold(), "released", rng, times=3)]
            case orders.OrderSuspended():
                return [self._do(heard, desk.ResumeOrder(), "resumed", rng, times=3)]
            case orders.OrderReopened():
                return [self._do(heard, desk.ModifyOrder(shipping_discount_pct=50), "edited", rng, times=3)]
            case orders.AlertRaised(alert=alert):
                settled = desk.ClearAlert(alert=alert, reason="settled with carrier and customer")
                return [self._do(heard, settled, "settled", rng, times=3)] if alert in DIFFICULTIES else []
            case orders.PaymentChanged(state=state) if state in STEPS:
                return self._cheque(heard, state, rng)
            case orders.RefundApproved(refund_id=refund_id, tender="manual"):
                return [self._do(heard, desk.RefundDone(refund_id=refund_id, reference="transfer"), "paid_out", rng)]
            case orders.RefundFailed(refund_id=refund_id):
                other_way = desk.RetenderRefund(refund_id=refund_id, tender="alternate", reason="the card is closed")
                return [self._do(heard, other_way, "retendered", rng)]
            case orders.CommandRejected() as rejected:
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

    def _refused(self, rejected: orders.CommandRejected) -> None:
        if rejected.command_id in self._asked:
            self.ledger.count(f"desk_{self._asked[rejected.command_id]}_refused")
            self.ledger.rejections[rejected.code] += 1


WISHES: Final[MappingProxyType[str, tuple[type[Message], Callable[[Random], Command]]]] = MappingProxyType(
    {
        "more": (orders.OrderCreated, lambda rng: desk.ModifyOrder(add=(HAT,))),
        "cheaper": (
            orders.OrderCreated,
            lambda rng: desk.ChangePrice(lines=(desk.PriceCut(line=1, percent=rng.randint(1, 40)),)),
        ),
        "apart": (
            orders.OrderAvailabilityRequested,
            lambda rng: desk.SplitShipment(lines=(desk.LineQuantity(line=1, quantity=1),), method="express"),
        ),
        "held": (orders.OrderAvailabilityRequested, lambda rng: desk.HoldOrder(reason="the customer calls back")),
        "suspended": (orders.OrderCreated, lambda rng: desk.SuspendOrder(reason="two orders in a minute")),
        "recalled": (
            orders.OrderConfirmed,
            lambda rng: desk.RecallOrder(intent=rng.choice(INTENTS), reason="the customer changed his mind"),
        ),
        "copied": (orders.OrderSent, lambda rng: desk.CreateZeroOrder(reason="lost in transit")),
        "goodwill": (
            orders.OrderDelivered,
            lambda rng: desk.RequestRefund(kind="goodwill", amount=GOODWILL, reason="late"),
        ),
    }
)
"""What customers ask for on the phone: when, and the command for it."""
