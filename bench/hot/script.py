"""What is written in a run: before the hub starts, as steady traffic, and besides that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bench import model, workload
from bench.candidates.hub import Hub
from bench.dress import SCAN, scan
from bench.lateness import WARM_SECONDS
from bench.records import Fact, Workload, Written
from bench.story import START
from bench.work import Backlog

SHAPES: Final = ("without", "steady", "burst", "spread")
"""No hot order; its facts over the whole time; all at once; and the same burst over many orders: load, but no heat."""
PARCELS: Final = 200
"""Orders that are on their way before the traffic begins, in every run. One of them gets hot."""
RECORDS_PER_ORDER: Final = 10.66
ON_THE_WAY: Final = ("carrier.delivered.v1", "return.requested.v1", "return.received.v1")
"""What has not happened yet to a parcel on its way."""


@dataclass(frozen=True, slots=True)
class Script:
    """The records of a run with their model. `hot` is the order that gets hot."""

    before: Sequence[Written]
    live: Sequence[Written]
    besides: Sequence[Written]
    hot: str
    backlog: Backlog


def script(shape: str, rate: int, seconds: int, facts: int) -> Script:
    """Return the script of a run. The traffic is the same in every shape."""
    whole = workload.for_hub(PARCELS + round(rate * (WARM_SECONDS + seconds) / RECORDS_PER_ORDER))
    parcels = set(list(whole.facts)[:PARCELS])
    told = {
        order_id: [fact for fact in all_facts if order_id not in parcels or fact.type not in ON_THE_WAY]
        for order_id, all_facts in whole.facts.items()
    }
    kept = _without_the_end(whole, parcels)
    before = [each for each in kept if each.key in parcels]
    live = [each for each in kept if each.key not in parcels]
    sent = _tracking(told, parcels)
    hot = next(iter(sent))
    besides: list[Written] = []
    if shape != "without":
        heated = sent if shape == "spread" else {hot: sent[hot]}
        for fact, written in _scans(list(heated.items()), facts):
            told[written.key].append(fact)
            besides.append(written)
    made = Workload(whole.orders, [*before, *live, *besides], told, poison=whole.poison)
    return Script(before, live, besides, hot, Backlog(Hub(1), made, model.of_hub(made)))


def _without_the_end(whole: Workload, parcels: Iterable[str]) -> list[Written]:
    """Return the records without those that tell the end of a parcel on its way."""
    later = {fact.id for name in parcels for fact in whole.facts[name] if fact.type in ON_THE_WAY}
    return [each for each in whole.records if dict(each.headers)["ce_id"].decode() not in later]


def _tracking(told: Mapping[str, Sequence[Fact]], parcels: Iterable[str]) -> dict[str, str]:
    """Return the tracking numbers of the parcels that were sent, by order."""
    return {name: fact.data["tracking_number"] for name in sorted(parcels) for fact in told[name] if fact.type == SCAN}


def _scans(parcels: Sequence[tuple[str, str]], count: int) -> Iterable[tuple[Fact, Written]]:
    since = START + timedelta(days=1)
    for number in range(count):
        order_id, tracking = parcels[number % len(parcels)]
        yield scan(order_id, tracking, number, since + timedelta(milliseconds=number))
