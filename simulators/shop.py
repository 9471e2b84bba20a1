"""The shop: places orders, has a few cancelled, and asks for returns once they are delivered."""

from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from contracts import topics
from contracts.events import OrderDelivered
from contracts.shop import (
    CancellationRequested,
    ItemKind,
    OrderLine,
    Outcome,
    PaymentMethod,
    ReturnLine,
    ReturnRequested,
)
from contracts.values import changed
from simulators import assortment
from simulators.ledger import Ledger
from simulators.partner import Partner
from simulators.planned import Heard, Planned
from simulators.settings import Simulation

CANCELLATIONS: Final = 0.02  # share of orders whose customer changes his mind at once
RETURNS: Final = 0.3  # share of delivered orders of which something comes back
EXCHANGES: Final = 0.4  # share of returns that ask for another size
REASONS: Final = ("too_small", "too_large", "unwanted", "damaged", "home_trial")


class Shop(Partner):
    """The web shop and its customers."""

    slug = assortment.SHOP
    writes = topics.SHOP
    hears = MappingProxyType({topics.ORDER_EVENTS: (OrderDelivered,)})
    answers_again = False
    may_be_silent = False

    def __init__(self, settings: Simulation, ledger: Ledger | None = None) -> None:
        super().__init__(settings, ledger)
        self._placed: dict[str, assortment.Placed] = {}

    def opening(self) -> list[Planned]:
        """Place the orders of this run, one after the other at its rate."""
        return [item for place in range(self.settings.orders) for item in self.disturb(self._order(place), place)]

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Ask for a return of some delivered orders."""
        order = self._placed.get(heard.order_id)
        if order is None or not self.chance.happens(RETURNS, "return", heard.order_id):
            return []
        lines = [line for line in order.message.lines if line.kind == ItemKind.SHIPPABLE]
        if not lines:
            return []
        outcome = Outcome.EXCHANGE if rng.random() < EXCHANGES else Outcome.REFUND
        self.ledger.count("returns_requested")
        self.ledger.count(f"returns_for_{outcome.value}")
        message = ReturnRequested(
            lines=(_return_line(rng.choice(lines), outcome, rng),),
            outcome=outcome,
            request_id=self.chance.id("return", heard.order_id),
        )
        return [self.say(message, heard.order_id, self.settings.pace.wait(rng), heard.order_id)]

    def matter(self, heard: Heard) -> str:
        """Return the order: it is delivered once."""
        return heard.order_id

    def _paid_for(self, order: assortment.Placed) -> assortment.Placed:
        """Have some customers pay by cheque, where agents are there to handle it."""
        if not self.chance.happens(self.settings.mischief.desk, "cheque", order.order_id):
            return order
        self.ledger.count("cheques")
        return replace(order, message=changed(order.message, payment_method=PaymentMethod.CHEQUE))

    def _order(self, place: int) -> list[Planned]:
        order = self._paid_for(assortment.placed(self.settings.seed, place))
        self._placed[order.order_id] = order
        self.ledger.orders.add(order.order_id)
        self.ledger.count("orders_placed")
        at = place / self.settings.rate
        said = [self.say(order.message, order.order_id, at, order.order_id)]
        if self.chance.happens(CANCELLATIONS, "cancellation", order.order_id):
            self.ledger.count("cancellations_requested")
            later = at + self.settings.pace.wait(self.chance.rng("cancellation", place))
            said.append(self.say(CancellationRequested(), order.order_id, later, order.order_id))
        return said


def _return_line(line: OrderLine, outcome: Outcome, rng: Random) -> ReturnLine:
    return ReturnLine(
        line=line.line,
        quantity=rng.randint(1, line.quantity),
        reason=rng.choice(REASONS),
        exchange_sku=assortment.other_size(line.sku, rng) if outcome is Outcome.EXCHANGE else None,
    )
