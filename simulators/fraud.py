"""The fraud service: scores orders, some of them before the shop has told the hub of them."""

from random import Random
from types import MappingProxyType
from typing import Final

from contracts import topics
from contracts.fraud import FraudScored, ScoreRequested, Verdict
from simulators import assortment
from simulators.partner import Partner
from simulators.planned import Heard, Planned, Trick

LEAD: Final = (0.1, 0.6)  # seconds that an early verdict is ahead of its order
REASONS: Final = ("address_mismatch", "many_orders", "new_device")


class FraudService(Partner):
    """The fraud service; its verdict on an order is always the same."""

    slug = "fraud-service"
    writes = topics.FRAUD
    hears = MappingProxyType({topics.FRAUD_REQUESTS: (ScoreRequested,)})

    def opening(self) -> list[Planned]:
        """Score some orders at the checkout, before they are placed; the request's answer then repeats it."""
        return [item for place in range(self.settings.orders) for item in self._at_checkout(place)]

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Return the verdict."""
        scored = self._verdict(heard.order_id, heard.matter)
        if scored.verdict == Verdict.REVIEW:
            self.ledger.count("orders_doubted")
        return [self.say(scored, heard.order_id, self.settings.pace.wait(rng), heard.matter)]

    def _at_checkout(self, place: int) -> list[Planned]:
        order_id = assortment.order_id(self.settings.seed, place)
        if not self.chance.happens(self.settings.mischief.early, "early", order_id):
            return []
        lead = self.chance.rng("lead", order_id).uniform(*LEAD)
        at = max(0.0, place / self.settings.rate - lead)
        said = self.say(self._verdict(order_id, None), order_id, at, "checkout", order_id)
        return [said.marked(Trick.EARLY)]

    def _verdict(self, order_id: str, request_id: str | None) -> FraudScored:
        rng = self.chance.rng("verdict", order_id)
        share = self.settings.mischief.fraud_reviews if self.settings.token is not None else 0.0
        if rng.random() >= share:
            return FraudScored(verdict=Verdict.CLEAR, request_id=request_id, score=rng.randrange(0, 40))
        reasons = (rng.choice(REASONS),)
        return FraudScored(verdict=Verdict.REVIEW, request_id=request_id, score=rng.randrange(60, 100), reasons=reasons)
