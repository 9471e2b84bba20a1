"""What a batch must know before it decides: documents, ids seen, references, answers; whole-batch queries only."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.rows.loading import LookedUp, Lookup
from consumers.shard.deciding import Held
from consumers.shard.ports import Unit
from consumers.shard.reading import Read
from contracts.references import claimed
from contracts.topics import COMMANDS

CACHED: Final = 2_000


class Cache:
    """The aggregates that a shard decided on lately; it has one owner, so under its token it is never stale."""

    def __init__(self, size: int = CACHED) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._size = size

    def clear(self) -> None:
        """Forget everything: a batch has failed."""
        self._held.clear()

    def __contains__(self, subject: str) -> bool:
        return subject in self._held

    def of(self, ids: set[str]) -> dict[str, Held]:
        """Return those that are here."""
        return {subject: self._held[subject] for subject in ids if subject in self._held}

    def keep(self, held: Mapping[str, Held]) -> None:
        """Remember what a stored and published batch decided; the oldest go."""
        for subject, each in held.items():
            if each.seq:
                self._held[subject] = each
                self._held.move_to_end(subject)
        while len(self._held) > self._size:
            self._held.popitem(last=False)


class Loader:
    """Asks the store what the records of a batch need."""

    def __init__(self, unit: Unit, cache: Cache) -> None:
        self._unit = unit
        self._cache = cache

    async def load(self, reads: Sequence[Read]) -> tuple[LookedUp, dict[str, Held]]:
        """Return what is known, and what is cached: one question, a second one for what is behind references."""
        wanted = self._wanted(reads)
        loaded = await self._unit.load(wanted)
        if loaded.answers:
            counted = set(_answerable(reads, set(wanted.subjects) - loaded.documents.keys()))
            loaded.answers = {key: answer for key, answer in loaded.answers.items() if key in counted}
        referred = set(loaded.references.values()) | set(loaded.claims.values())
        missing = [o for o in sorted(referred) if o not in self._cache and o not in loaded.documents]
        if missing:
            more = await self._unit.load(Lookup(missing, kept_back=False))
            loaded.documents |= more.documents
        senders = {read.sender[1] for read in reads if read.sender is not None}
        return loaded, self._cache.of({read.subject for read in reads if read.subject is not None} | referred | senders)

    def _wanted(self, reads: Sequence[Read]) -> Lookup:
        """Return what to ask for; of answers more than count, as only the store knows what there is."""
        known = [read for read in reads if read.subject is not None and read.decoded is not None]
        about = [r.subject for r in known] + [read.sender[1] for read in reads if read.sender is not None]
        subjects = [s for s in dict.fromkeys(about) if s is not None and s not in self._cache]
        referring = [(read.reference, read.decoded.envelope) for read in reads if read.reference and read.decoded]
        return Lookup(
            subjects=subjects,
            events=[read.key for read in known],
            references=[(*reference, event.source, event.id) for reference, event in referring],
            answers=_answerable(reads, set(subjects)),
            claims=[claim for read in known if read.decoded is not None for claim in claimed(read.decoded.message)],
        )


def _answerable(reads: Sequence[Read], unknown: set[str]) -> list[tuple[str, str, str]]:
    """Return the records that may have been answered without a journal row: commands, and what nobody knows."""
    known = [read for read in reads if read.decoded is not None and read.subject is not None]
    return [read.key for read in known if read.record.topic == COMMANDS.name or read.subject in unknown]
