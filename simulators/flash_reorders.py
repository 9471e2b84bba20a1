"""The reorder desk: looks for missing pieces in the shelves, and mostly finds them."""

from random import Random
from types import MappingProxyType

from contracts import topics
from contracts.flash_reorders import FlashAccepted, FlashFulfilled, FlashRefused, FlashRequested, FulfilledLine
from simulators.partner import Partner, in_turn
from simulators.planned import Heard, Planned


class ReorderDesk(Partner):
    """The reorder desk."""

    slug = "reorder-desk"
    writes = topics.FLASH_REORDER
    hears = MappingProxyType({topics.FLASH_REORDER_REQUESTS: (FlashRequested,)})

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Take a flash reorder on, then say what was found."""
        request = heard.message
        assert isinstance(request, FlashRequested)
        return in_turn(
            self.say(FlashAccepted(flash_id=request.flash_id), heard.order_id, 0, heard.matter),
            self.say(self._found(heard.order_id, request), heard.order_id, 0, heard.matter),
            waits=[self.settings.pace.wait(rng) for _ in range(2)],
        )

    def _found(self, order_id: str, request: FlashRequested) -> FlashFulfilled | FlashRefused:
        if self.chance.happens(self.settings.mischief.flash_refusals, "refused", request.flash_id):
            self.ledger.explain("flash_refusals", order_id, self.slug, request.flash_id)
            return FlashRefused(flash_id=request.flash_id)
        self.ledger.count("flash_fulfilled")
        lines = tuple(FulfilledLine(line=line.line, quantity=line.quantity) for line in request.lines)
        return FlashFulfilled(flash_id=request.flash_id, lines=lines, find_id=self.chance.id("find", request.flash_id))
