"""A recording worked off as a backlog: written again into empty topics, and compared with what was recorded."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from bench.candidates.candidate import Stand, note
from bench.candidates.hub import Hub
from bench.ends import SHOWN, Led, check_orders, heard_otherwise
from bench.recording import Recording, identity, kind
from bench.results import Found
from bench.traces import INTERNAL, PARTNER_TOPICS, Document, Place, brought, ends, heard, rows, statuses

READ: Final = "SELECT topic, partition, next_offset FROM position"
LEFT: Final = """
SELECT (SELECT count(*) FROM shard WHERE batch <> emitted)
  + (SELECT count(*) FROM timers WHERE due_at < now() + interval '1 second') AS n"""
OUTCOMES: Final = "SELECT outcome AS word, count(*) AS n FROM journal GROUP BY 1"
OWN: Final = "SELECT count(*) AS n FROM journal WHERE topic = 'hub.internal'"
DECIDED: Final = frozenset({"applied", "parked", "late", "refused"})
"""The words of records that were decided on; all others were set aside."""


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
