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
    """Note records that ended in no way or twice, and dead letters that were none in the recording.

    Where an order heard otherwise, others of its records may be dead letters: a command that is refused before there is
    an order leaves no trace by which its id is known, and a parcel that was never sent has no tracking number.
    """
    places = recording.places()
    told = [(identity(each), ends.get(place, ())) for place, each in zip(places, recording.records, strict=True)]
    known = {event for event, words in told if words}
    decided = Counter(event for event, words in told if event is not None and DECIDED & set(words))
    dead = {number for number, (_, words) in enumerate(told) if "dead_letter" in words}
    found.detail["copies"] = sum(not words and event is not None and event in known for event, words in told)
    found.detail["dead_letters"] = len(dead)
    found.lost = sum(not words and (event is None or event not in known) for event, words in told)
    found.doubled = sum(len(words) > 1 for _, words in told) + decided.total() - len(decided)
    note(found, found.lost, "records ended in no way, and are no copies")
    note(found, found.doubled, "records ended in several ways, or were decided on again")
    others = heard_otherwise(recording, led)
    otherwise = sorted(dead ^ recording.dead)
    parcels = recording.parcels()
    keys = {each: (recording.records[each].key or b"").decode(errors="replace") for each in otherwise}
    wrong = [each for each in otherwise if parcels.get(keys[each], keys[each]) not in others]
    note(found, sum(each in recording.dead for each in wrong), "dead letters of the recording are none")
    note(found, sum(each in dead for each in wrong), "records are dead letters, and were none in the recording")
    if otherwise:
        found.detail["dead_otherwise"] = [
            [*places[each], kind(recording.records[each]), *told[each][1]] for each in otherwise[:SHOWN]
        ]


def check_orders(recording: Recording, led: Led, found: Found) -> set[str]:
    """Compare how orders end; return those that may end otherwise, and count and name those that do.

    An order that heard the same records in the same order as in the recording must end the same. Another order of facts
    may only lead to other alerts, as these tell what came in an unusual order. With commands among them it may lead to
    another end, as a command that comes too early is refused; orders that such an order opens may be missing then.
    """
    others = heard_otherwise(recording, led)
    commanded = _with_relatives(recording.commanded() & others, recording, led)
    wrong: list[dict[str, Any]] = []
    otherwise: dict[str, list[str]] = {}
    links, alone = set(), []
    for order_id in sorted(recording.ends.keys() | led.ends.keys()):
        mine, its = recording.ends.get(order_id), led.ends.get(order_id)
        names = set(differing(mine, its))
        if mine is None or its is None:
            alone.append(order_id)
        elif not names:
            continue
        elif order_id in others and (names <= UNUSUAL or order_id in commanded):
            otherwise.setdefault(", ".join(sorted(names)), []).append(order_id)
            links |= set(mine["links"]) ^ set(its["links"])
        else:
            values = {name: [mine.get(name), its.get(name)] for name in sorted(names)}
            wrong.append({"order": order_id, "differs": sorted(names), "recorded_and_now": values})
    opened = [each for each in alone if each in links]
    wrong += [{"order": each, "differs": ["order"]} for each in alone if each not in links]
    brought_it = Counter(
        word for names in otherwise.values() for each in names for word in _brought(recording, led, each) or {"nothing"}
    )
    found.detail["orders"] = {
        "compared": len(recording.ends.keys() | led.ends.keys()),
        "heard_the_same": len(recording.heard.keys() - others),
        "heard_otherwise_without_anything_of_the_hub": sum(not _brought(recording, led, each) for each in others),
        "other_alerts_only": sum(len(each) for names, each in otherwise.items() if set(names.split(", ")) <= UNUSUAL),
        "another_end": sum(len(each) for names, each in otherwise.items() if not set(names.split(", ")) <= UNUSUAL),
        "opened_in_one_only": len(opened),
        "brought_by_the_hub": dict(sorted(brought_it.items())),
        "otherwise_by_fields": otherwise | ({"order": opened} if opened else {}),
    }
    note(found, len(wrong), "orders end otherwise than in the recording")
    if wrong:
        found.detail["wrong"] = wrong[:SHOWN]
    return commanded


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
