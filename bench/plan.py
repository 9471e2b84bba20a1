"""The plan of a campaign: which candidates are measured, in which kinds of measurement, and in which order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.candidates.candidate import Candidate
from bench.candidates.hub import Hub
from bench.candidates.peers import Careful, Quix, Streams
from bench.lateness import WARM_SECONDS

KINDS: Final = ("throughput", "lifecycle", "latency", "kill", "start", "limits")
FEWEST: Final = 200
"""Orders: with fewer, the time to the first batch is all there is."""
KILL_SHARE: Final = 0.5
"""Of the orders of the throughput runs."""
START_ORDERS: Final = 50
OFTEN: Final = ("throughput", "lifecycle")
"""Kinds that have all repeats."""
USUAL: Final = 300
"""Records a second at which every candidate's latency is measured."""
CURVE: Final = ("hub:2", "streams")
"""Whose latency is measured at every rate."""
PEER_RECORDS_PER_ORDER: Final = 7.0
"""Fewer than any order has on average: enough orders are made for live traffic of some length."""


def all_candidates() -> list[Candidate]:
    """Return every candidate, the hub first."""
    return [Hub(1), Hub(2), Careful(), Streams(), Quix()]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for."""

    orders: int
    repeats: int
    candidates: Sequence[Candidate]
    kinds: Sequence[str]
    rates: Sequence[int]
    seconds: int
    recorded: int = 0
    """Orders of the recording."""
    everyone: bool = False
    """Whether all candidates get every rate; otherwise all get USUAL, and those of CURVE the others."""

    def steps(self) -> Iterator[tuple[str, int, int]]:
        """Yield kind, rate (0 where there is none) and repeat, in the order in which they are measured."""
        for kind in self.kinds:
            # The other kinds are measured once less: they vary less, or take longer.
            for repeat in range(self.repeats if kind in OFTEN else max(1, self.repeats - 1)):
                for rate in self.rates if kind == "latency" else (0,):
                    yield kind, rate, repeat

    def in_turn(self, kind: str, rate: int, repeat: int) -> Sequence[Candidate]:
        """Return the candidates of a step, beginning with another one each time."""
        curve = kind == "latency" and rate != USUAL and not self.everyone
        found = [each for each in self.candidates if not curve or each.label in CURVE]
        if kind == "lifecycle":
            found = [each for each in found if isinstance(each, Hub)]
        first = repeat % max(1, len(found))
        return [*found[first:], *found[:first]]

    def orders_of(self, candidate: Candidate, kind: str, rate: int) -> int:
        """Return how many orders a candidate gets in a kind of measurement."""
        if kind == "latency":
            return int(rate * (self.seconds + WARM_SECONDS) / PEER_RECORDS_PER_ORDER) + 1
        if kind == "start":
            return START_ORDERS
        share = candidate.share * (KILL_SHARE if kind == "kill" else 1.0)
        return max(min(FEWEST, self.orders), int(self.orders * share))

    def asked(self) -> dict[str, object]:
        """Return the plan as plain values."""
        return {
            "orders": self.orders,
            "repeats": self.repeats,
            "kinds": list(self.kinds),
            "rates": list(self.rates),
            "seconds": self.seconds,
            "candidates": {each.label: f"{each.what}; {each.guarantee}" for each in self.candidates},
        }
