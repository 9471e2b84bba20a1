"""The returns desk: receives announced returns, in one parcel or in two."""

from random import Random
from types import MappingProxyType

from contracts import topics
from contracts.availability import AskedLine
from contracts.shop import ReceivedLine
from contracts.warehouse import ReturnAnnounced, ReturnReceived
from simulators.partner import Partner, in_turn
from simulators.planned import Heard, Planned


class ReturnsDesk(Partner):
    """The returns desk of the warehouse."""

    slug = "returns-desk"
    writes = topics.WAREHOUSE
    hears = MappingProxyType({topics.WAREHOUSE_REQUESTS: (ReturnAnnounced,)})

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Receive what was announced, all of it in the end."""
        request = heard.message
        assert isinstance(request, ReturnAnnounced)
        parcels = self._parcels(request.rma_code, request.lines)
        self.ledger.count("returns_received")
        received = [
            ReturnReceived(rma_code=request.rma_code, lines=lines, receipt_id=f"{request.rma_code}-{number}")
            for number, lines in enumerate(parcels, start=1)
        ]
        said = [
            self.say(receipt, heard.order_id, 0, request.rma_code, number)
            for number, receipt in enumerate(received, start=1)
        ]
        return in_turn(*said, waits=[2 * self.settings.pace.wait(rng) for _ in said])

    def _parcels(self, rma_code: str, lines: tuple[AskedLine, ...]) -> list[tuple[ReceivedLine, ...]]:
        pieces = [(line.line, line.quantity) for line in lines]
        total = sum(quantity for _, quantity in pieces)
        if total < 2 or not self.chance.happens(self.settings.mischief.partial_receipts, "partial", rma_code):
            return [tuple(ReceivedLine(line=line, quantity=quantity) for line, quantity in pieces)]
        self.ledger.count("partial_receipts")
        first, rest = pieces[0], pieces[1:]
        remaining = [(first[0], first[1] - 1), *rest]
        later = tuple(ReceivedLine(line=line, quantity=quantity) for line, quantity in remaining if quantity)
        return [(ReceivedLine(line=first[0], quantity=1),), later]
