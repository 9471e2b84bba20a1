"""A recording worked off as a backlog: written again into empty topics, and compared with what was recorded."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from bench.candidates.candidate import Stand, note
from bench.candidates.hub import Hub
from bench.recording import Recording, identity, kind
from bench.results import Found
from bench.traces import INTERNAL, PARTNER_TOPICS, Document, Place, brought, ends, heard, rows, statuses

READ: Final = "SELECT topic, partition, next_offset FROM position"
LEFT: Final = """
SELECT (SELECT count(*) FROM shard WHERE batch <> emitted)
  + (SELECT count(*) FROM timers WHERE due_at < now() + interval '1 second') AS n"""
OUTCOMES: Final = "SELECT outcome AS word, count(*) AS n FROM journal GROUP BY 1"
OWN: Final = "SELECT count(*) AS n FROM journal WHERE topic = 'hub.internal'"
SHOWN: Final = 5
DECIDED: Final = frozenset({"applied", "parked", "late", "refused"})
"""The words of records that were decided on; all others were set aside."""
UNUSUAL: Final = frozenset({"alerts", "flags"})
"""Fields of a status that tell of what came in an unusual order."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording as work for the hub with some number of processes."""

    recording: Recording
    hub: Hub

    @property
    def orders(self) -> int:
        """Return how many orders the shop placed."""
        return self.recording.orders

    @property
    def count(self) -> int:
        """Return how many records there are."""
        return len(self.recording.records)

    async def write(self, stand: Stand) -> None:
        """Write all records as if they had come one a millisecond until now, each into its partition."""
        await stand.ground.log.write_recorded(stand.prefix, self.recording.records)

    async def finished(self, stand: Stand, visible: int) -> bool:
        """Tell whether the hub has read all, its own records too, and published all, and no deadline is near."""
        if (await rows(stand, LEFT))[0]["n"]:
            return False
        names = [stand.prefix + topic for topic in (*PARTNER_TOPICS, INTERNAL)]
        places = [place for name in names for place in await stand.ground.topics.partitions(name)]
        ends = await stand.ground.topics.ends(places)
        read = {(stand.prefix + row["topic"], row["partition"]): row["next_offset"] for row in await rows(stand, READ)}
        return all(read.get((place.topic, place.partition), 0) >= end for place, end in ends.items())

    async def check(self, stand: Stand, found: Found) -> None:
        """Prove it as the hub's users do, and compare each record's and each order's end with the recording."""
        led = Led(await statuses(stand), await heard(stand), await brought(stand))
        check_records(self.recording, await ends(stand), led, found)
        excused = check_orders(self.recording, led, found)
        check_proof(await proved(self.hub, stand), excused, found)
        found.detail["outcomes"] = {row["word"]: row["n"] for row in await rows(stand, OUTCOMES)}
        found.detail["own_records"] = (await rows(stand, OWN))[0]["n"]


@dataclass(frozen=True, slots=True)
class Led:
    """Where a run has led the orders: their ends, what each heard in which order, what the hub itself brought them."""

    ends: Mapping[str, Document]
    heard: Mapping[str, Sequence[str]]
    brought: Mapping[str, set[str]]


async def proved(hub: Hub, stand: Stand) -> Document:
    """Return the report of `hub verify`; raises RuntimeError where it gives none."""
    code, said = await hub.command(stand, "verify", "--json")
    try:
        report: Document = json.loads(said)
    except ValueError:
        raise RuntimeError(f"hub verify ended with {code}: {said[-500:]}") from None
    return report


def check_proof(report: Document, excused: Set[str], found: Found) -> None:
    """Note what `hub verify` finds wrong, but the sums of orders that were led otherwise than in the recording.

    The recorded payment service answered what the recorded hub asked for: an order that was made dearer there, and was
    not here, is told of money that it didn't ask for, and the proof says so.
    """
    total = sum(each["differences"] for each in report["checks"])
    told = [
        each
        for each in report["differences"]
        if not (each["kind"] == "money" and each["where"].removeprefix("order ") in excused)
    ]
    explained = len(report["differences"]) - len(told)
    found.detail["other_sums_of_orders_led_otherwise"] = explained
    note(found, total - explained, "differences found by hub verify")
    if told:
        found.detail["proof"] = [f"{each['where']}: {each['detail']}" for each in told[:SHOWN]]


def check_records(recording: Recording, ends: Mapping[Place, Sequence[str]], led: Led, found: Found) -> None:
    """Note records that ended in no way or twice, and dead letters that were none in the recording."""
    places = recording.places()
    told = [(identity(each), ends.get(place, ())) for place, each in zip(places, recording.records, strict=True)]
    known = {event for event, words in told if words}
    decided = Counter(event for event, words in told if event is not None and DECIDED & set(words))
    found.detail["copies"] = sum(not words and event is not None and event in known for event, words in told)
    found.lost = sum(not words and (event is None or event not in known) for event, words in told)
    found.doubled = sum(len(words) > 1 for _, words in told) + decided.total() - len(decided)
    note(found, found.lost, "records ended in no way, and are no copies")
    note(found, found.doubled, "records ended in several ways, or were decided on again")
    _check_dead(recording, places, [words for _, words in told], led, found)


def _check_dead(
    recording: Recording, places: Sequence[Place], ends: Sequence[Sequence[str]], led: Led, found: Found
) -> None:
    """Note dead letters that were none in the recording, and those that should have been.

    An order that heard its records in another order may have others: a command that is refused before there is an
    order leaves no trace by which its id is known, and a parcel that was never sent has no tracking number.
    """
    dead = {number for number, words in enumerate(ends) if "dead_letter" in words}
    found.detail["dead_letters"] = len(dead)
    others, parcels = heard_otherwise(recording, led), recording.parcels()
    otherwise = sorted(dead ^ recording.dead)
    keys = {each: (recording.records[each].key or b"").decode(errors="replace") for each in otherwise}
    wrong = [each for each in otherwise if parcels.get(keys[each], keys[each]) not in others]
    note(found, sum(each in recording.dead for each in wrong), "dead letters of the recording are none")
    note(found, sum(each in dead for each in wrong), "records are dead letters, and were none in the recording")
    if otherwise:
        found.detail["dead_otherwise"] = [
            [*places[each], kind(recording.records[each]), *ends[each]] for each in otherwise[:SHOWN]
        ]


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
