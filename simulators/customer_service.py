"""The customer service desk: people decide what machines may not, and now and then send a command they must not."""

from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Final

from contracts import events, topics
from contracts.commands import (
    ApproveOrder,
    ApproveRefund,
    CancelOrder,
    Command,
    CommentOrder,
    ModifyOrder,
    SwitchReturnOutcome,
)
from contracts.message import Message
from simulators.ledger import Ledger
from simulators.partner import Partner
from simulators.planned import Heard, Planned
from simulators.settings import Simulation

TOKEN_HEADER: Final = "hub-token"  # noqa: S105 - the name of a header
COMMENTS: Final = 0.1  # share of orders that someone writes a note about
ATTEMPTS: Final = 3  # how often a refused command is tried
PATIENCE: Final = 10  # how many of the longest steps a person waits for the machines to go on by themselves
OUT_OF_STOCK: Final = "single_line_out_of_stock"
DECIDABLE: Final = frozenset({"review", "decline", "unknown"})


@dataclass(frozen=True, slots=True)
class Ask:
    """A command that was sent: `allowed` when it should be accepted, `attempt` counts from 1."""

    order_id: str
    command: Command
    allowed: bool
    attempt: int = 1


class CustomerService(Partner):
    """Customer service; without a token it only watches, comments being refused like everything else."""

    slug = "customer-service"
    writes = topics.COMMANDS
    hears = MappingProxyType(
        {
            topics.ORDER_EVENTS: (
                events.OrderCreated,
                events.OrderRiskReview,
                events.OrderProcessing,
                events.OrderConfirmed,
                events.OrderCancelled,
                events.AlertRaised,
                events.FlashSent,
                events.FlashChanged,
                events.ExchangeCreated,
                events.RefundRequested,
                events.RefundApproved,
                events.RefundCancelled,
                events.CommandAccepted,
                events.CommandRejected,
            )
        }
    )
    answers_again = False
    may_be_silent = False

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        super().__init__(settings, ledger)
        self._asked: dict[str, Ask] = {}
        self._decided: set[str] = set()
        self._going_on: set[str] = set()
        """Orders and refunds that go on by themselves, so that nobody needs to step in."""
        self._missing: dict[str, tuple[int, ...]] = {}
        """Order id to the lines that the warehouse didn't have."""
        self._returns: dict[str, tuple[str, str]] = {}
        """Exchange order id to (origin order id, RMA code)."""

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Step in where a person has to."""
        order_id = heard.order_id
        match heard.message:
            case events.OrderCreated() as created:
                return self._written(order_id, created, rng)
            case events.OrderRiskReview(verdict=verdict) if verdict in DECIDABLE:
                return self._decide(order_id, rng)
            case events.AlertRaised(alert="fraud", head=events.EventHead(status="risk_review")):
                return self._decide(order_id, rng)
            case events.OrderProcessing(missing=missing):
                self._missing[order_id] = missing
                self._going_on.discard(order_id)
                return [replace(item, unless=self._goes_on(order_id)) for item in self._give_up(order_id, heard.id)]
            case events.FlashChanged(state="refused"):
                self._going_on.discard(order_id)
                return [replace(item, unless=self._goes_on(order_id)) for item in self._give_up(order_id, heard.id)]
            case events.RefundRequested(refund_id=refund_id):
                approved = self._ask(order_id, ApproveRefund(refund_id=refund_id), self._patience(), refund_id)
                return [replace(approved, unless=self._goes_on(refund_id))]
            case events.CommandRejected() as rejected:
                return self._rejected(rejected)
            case other:
                self._note(order_id, other)
                return []

    def _note(self, order_id: str, message: Message) -> None:
        match message:
            case events.OrderConfirmed() | events.OrderCancelled() | events.FlashSent():
                self._going_on.add(order_id)
            case events.RefundApproved(refund_id=refund_id) | events.RefundCancelled(refund_id=refund_id):
                self._going_on.add(refund_id)
            case events.ExchangeCreated(exchange_id=exchange_id, rma_code=rma_code):
                self._returns[exchange_id] = (order_id, rma_code)
            case events.CommandAccepted(command_id=command_id):
                self._accepted(command_id)
            case _:
                return

    def _goes_on(self, name: str) -> "GoesOn":
        return GoesOn(self._going_on, name)

    def _patience(self) -> float:
        return PATIENCE * self.settings.pace.longest

    def _written(self, order_id: str, created: events.OrderCreated, rng: Random) -> list[Planned]:
        """Comment an order, or make mischief with it."""
        wait = self.settings.pace.wait(rng)
        said = []
        if rng.random() < COMMENTS:
            said.append(self._ask(order_id, CommentOrder(text="The customer called, all is well."), wait, order_id))
        if rng.random() < self.settings.mischief.commands:
            said.append(self._forbidden(order_id, created.head.version if created.head else 0, wait, rng))
        return said

    def _forbidden(self, order_id: str, version: int, wait: float, rng: Random) -> Planned:
        kind = rng.choice(("stale", "unsigned", "forged", "unknown_order") if version else ("unsigned", "forged"))
        self.ledger.count(f"commands_{kind}")
        match kind:
            case "stale":
                stale = CommentOrder(text="Written on an old page.", expected_version=version - 1)
                return self._ask(order_id, stale, wait, order_id, kind, allowed=False)
            case "unknown_order":
                nobody = self.chance.id("nobody", order_id)
                return self._ask(nobody, CommentOrder(text="Whose is this?"), wait, order_id, kind, allowed=False)
            case _:
                cancel = CancelOrder(reason="customer_choice")
                asked = self._ask(order_id, cancel, wait, order_id, kind, allowed=False)
                forged = ((TOKEN_HEADER, b"eyJhbGciOiJub25lIn0.e30."),)
                return replace(asked, extra_headers=forged if kind == "forged" else ())

    def _decide(self, order_id: str, rng: Random) -> list[Planned]:
        """Let a doubted order through, or cancel it for fraud; once."""
        if order_id in self._decided:
            return []
        self._decided.add(order_id)
        wait = 2 * self.settings.pace.wait(rng)
        if self.chance.happens(self.settings.mischief.fraud_proven, "fraud", order_id):
            self.ledger.explain("fraud_proven", order_id, self.slug, "order.cancel")
            return [self._ask(order_id, CancelOrder(reason="fraud_proven"), wait, order_id)]
        return [self._ask(order_id, ApproveOrder(reason="customer_called"), wait, order_id)]

    def _give_up(self, order_id: str, matter: str) -> list[Planned]:
        """Cancel what can't be sent: an order, or an exchange by way of its return."""
        if order_id in self._returns:
            origin_id, rma_code = self._returns[order_id]
            return [self._ask(origin_id, SwitchReturnOutcome(rma_code=rma_code), self._patience(), matter)]
        return [self._ask(order_id, CancelOrder(reason=OUT_OF_STOCK), self._patience(), matter)]

    def _accepted(self, command_id: str) -> None:
        asked = self._asked.get(command_id)
        if asked is None:
            return
        self.ledger.count("commands_accepted")
        if not asked.allowed:
            self.ledger.object_to(f"the forbidden {asked.command.name} {command_id} was carried out")

    def _rejected(self, rejected: events.CommandRejected) -> list[Planned]:
        """Count a refusal, and try an honest command again a little later."""
        asked = self._asked.get(rejected.command_id)
        if asked is None:
            return []
        self.ledger.count("commands_rejected")
        self.ledger.rejections[rejected.code] += 1
        if not asked.allowed or asked.attempt >= ATTEMPTS or self.settings.token is None:
            return []
        order_id, command = asked.order_id, asked.command
        if isinstance(command, CancelOrder) and command.reason == OUT_OF_STOCK and rejected.code == "gate":
            command = self._without(order_id)
        elif isinstance(command, ModifyOrder):
            command = CancelOrder(reason="customer_choice")
        if isinstance(command, SwitchReturnOutcome):
            order_id, command = self._exchange_of(command.rma_code), CancelOrder(reason=OUT_OF_STOCK)
        again = self._ask(order_id, command, self._patience() / 5, rejected.command_id, attempt=asked.attempt + 1)
        return [again]

    def _without(self, order_id: str) -> Command:
        """Take what can't be found out of an order of several lines."""
        return ModifyOrder(remove=self._missing.get(order_id, ()))

    def _exchange_of(self, rma_code: str) -> str:
        return next(exchange_id for exchange_id, (_, code) in self._returns.items() if code == rma_code)

    def _ask(
        self, order_id: str, command: Command, delay: float, *matter: object, allowed: bool = True, attempt: int = 1
    ) -> Planned:
        said = self.say(command, order_id, delay, *matter, attempt)
        self._asked[said.id] = Ask(order_id, command, allowed, attempt)
        token = self.settings.token
        return replace(said, extra_headers=() if token is None else ((TOKEN_HEADER, token.encode()),))


@dataclass(frozen=True, slots=True)
class GoesOn:
    """Whether an order or a refund went on by itself, asked when a command about it is due."""

    going_on: set[str]
    name: str

    def __call__(self) -> bool:
        """Return whether nobody needs to step in any more."""
        return self.name in self.going_on
