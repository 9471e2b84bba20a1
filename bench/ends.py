"""The ends of orders in a run beside those of the recording: which may differ, and which do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from bench.candidates.candidate import note
from bench.recording import Recording
from bench.results import Found
from bench.traces import Document

SHOWN: Final = 5
UNUSUAL: Final = frozenset({"alerts", "flags"})
"""Fields of a status that tell of what came in an unusual order."""


@dataclass(frozen=True, slots=True)
class Led:
    """Where a run has led the orders: their ends, what each heard in which order, what the hub itself brought them."""

    ends: Mapping[str, Document]
    heard: Mapping[str, Sequence[str]]
    brought: Mapping[str, set[str]]


def check_orders(recording: Recording, led: Led, found: Found) -> set[str]:
    """Compare how orders end. Count and name those that end otherwise; return those that may.

    An order that heard the same records in the same order as in the recording must end the same. In another order,
    facts may lead to other alerts only: these tell what came in an unusual order. Where commands are among them, an
    order may end otherwise, as a command that comes too early is refused. Orders that it opens may be missing then.
    """
    others = heard_otherwise(recording, led)
    commanded = _with_relatives(recording.commanded() & others, recording, led)
    ends = _Ends(recording, led, others, commanded)
    for order_id in sorted(recording.ends.keys() | led.ends.keys()):
        ends.compare(order_id)
    opened = [each for each in ends.alone if each in ends.links]
    wrong = ends.wrong + [{"order": each, "differs": ["order"]} for each in ends.alone if each not in ends.links]
    found.detail["orders"] = ends.counted() | {
        "opened_in_one_only": len(opened),
        "otherwise_by_fields": ends.otherwise | ({"order": opened} if opened else {}),
    }
    note(found, len(wrong), "orders end otherwise than in the recording")
    if wrong:
        found.detail["wrong"] = wrong[:SHOWN]
    return commanded


class _Ends:
    """The ends of orders beside those of the recording.

    `others` heard otherwise than in the recording, `commanded` are those among them that may end otherwise.
    """

    def __init__(self, recording: Recording, led: Led, others: Set[str], commanded: Set[str]) -> None:
        self.wrong: list[dict[str, Any]] = []
        self.otherwise: dict[str, list[str]] = {}
        """Orders that end otherwise as they may, by the fields that differ."""
        self.alone: list[str] = []
        """Orders that one of the two runs doesn't have."""
        self.links: set[str] = set()
        """Orders that an order of `otherwise` opened in one run only."""
        self._recording = recording
        self._led = led
        self._others = others
        self._commanded = commanded

    def compare(self, order_id: str) -> None:
        """Compare one order."""
        mine, its = self._recording.ends.get(order_id), self._led.ends.get(order_id)
        names = set(differing(mine, its))
        if mine is None or its is None:
            self.alone.append(order_id)
        elif names and order_id in self._others and (names <= UNUSUAL or order_id in self._commanded):
            self.otherwise.setdefault(", ".join(sorted(names)), []).append(order_id)
            self.links |= set(mine["links"]) ^ set(its["links"])
        elif names:
            values = {name: [mine.get(name), its.get(name)] for name in sorted(names)}
            self.wrong.append({"order": order_id, "differs": sorted(names), "recorded_and_now": values})

    def counted(self) -> dict[str, Any]:
        """Return how many orders ended how."""
        recording, led = self._recording, self._led
        alerts = [len(each) for names, each in self.otherwise.items() if set(names.split(", ")) <= UNUSUAL]
        ended = [len(each) for names, each in self.otherwise.items() if not set(names.split(", ")) <= UNUSUAL]
        brought_it = Counter(
            word
            for names in self.otherwise.values()
            for each in names
            for word in _brought(recording, led, each) or {"nothing"}
        )
        return {
            "compared": len(recording.ends.keys() | led.ends.keys()),
            "heard_the_same": len(recording.heard.keys() - self._others),
            "heard_otherwise_without_anything_of_the_hub": sum(
                not _brought(recording, led, each) for each in self._others
            ),
            "other_alerts_only": sum(alerts),
            "another_end": sum(ended),
            "brought_by_the_hub": dict(sorted(brought_it.items())),
        }


def heard_otherwise(recording: Recording, led: Led) -> set[str]:
    """Return the orders that heard other records than in the recording, or the same in another order."""
    known = recording.heard.keys() | led.heard.keys()
    return {each for each in known if list(recording.heard.get(each, ())) != list(led.heard.get(each, ()))}


def _brought(recording: Recording, led: Led, order_id: str) -> set[str]:
    return recording.brought.get(order_id, set()) | led.brought.get(order_id, set())


def _with_relatives(orders: set[str], recording: Recording, led: Led) -> set[str]:
    """Return some orders, and those that they opened or come from."""
    return orders | {
        each
        for ends in (recording.ends, led.ends)
        for order_id, end in ends.items()
        for each in (order_id, *end["links"])
        if order_id in orders or orders & set(end["links"])
    }


def differing(one: Document | None, other: Document | None) -> Iterator[str]:
    """Yield the names of the fields in which two statuses differ; `order` where one of them is not there."""
    if one is None or other is None:
        if one is not other:
            yield "order"
        return
    for name in one.keys() | other.keys():
        if one.get(name) != other.get(name):
            yield name
