"""The warehouse's stock desk: says of every line asked for whether it is there."""

from random import Random
from types import MappingProxyType
from typing import ClassVar

from contracts import topics
from contracts.availability import (
    AskedLine,
    AvailabilityReported,
    AvailabilityRequested,
    LineAvailability,
    ReportedLine,
)
from simulators.assortment import NORTH, SOUTH
from simulators.partner import Partner
from simulators.planned import Heard, Planned


class StockDesk(Partner):
    """The stock desk of the northern warehouse, which answers as well where no warehouse is named.

    What the reorder desk has found is there in the next round.
    """

    slug = "stock-desk"
    warehouse: ClassVar[str] = NORTH
    only = MappingProxyType({"ce_warehouse": (None, NORTH.encode())})
    writes = topics.AVAILABILITY
    hears = MappingProxyType({topics.AVAILABILITY_REQUESTS: (AvailabilityRequested,)})

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Return the answer to a stock question."""
        request = heard.message
        assert isinstance(request, AvailabilityRequested)
        report = AvailabilityReported(
            request_id=request.request_id,
            shipment_id=request.shipment_id,
            warehouse=self.warehouse,
            lines=self._lines(heard.order_id, request),
        )
        return [self.say(report, heard.order_id, self.settings.pace.wait(rng), heard.matter)]

    def _lines(self, order_id: str, request: AvailabilityRequested) -> tuple[ReportedLine, ...]:
        mischief = self.settings.mischief
        first, rest = request.lines[0], request.lines[1:]
        there = tuple(_there(line) for line in rest)
        if self.chance.happens(mischief.empty_shelves, "empty", order_id):
            self.ledger.explain("empty_shelves", order_id, self.slug, first.sku)
            return (ReportedLine(line=first.line, status=LineAvailability.UNAVAILABLE, stock=0), *there)
        if request.round == 1 and self.chance.happens(mischief.shortages, "short", order_id):
            self.ledger.count("shortages")
            # The shelves show more than is missing: somewhere it lies, the reorder desk can find it.
            return (ReportedLine(line=first.line, status=LineAvailability.ANOMALY, stock=first.quantity + 3), *there)
        return tuple(_there(line) for line in request.lines)


class SouthernStockDesk(StockDesk):
    """The stock desk of the southern warehouse."""

    slug = "stock-desk-south"
    warehouse: ClassVar[str] = SOUTH
    only = MappingProxyType({"ce_warehouse": (SOUTH.encode(),)})


def _there(line: AskedLine) -> ReportedLine:
    return ReportedLine(line=line.line, status=LineAvailability.AVAILABLE, stock=line.quantity + 20)
