"""What a batch must know before it decides: orders, ids seen before, references, answers; whole-batch queries only."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from adapters.rows.loading import Loaded, Wanted
from consumers.shard.deciding import Held
from consumers.shard.ports import Unit
from consumers.shard.reading import Read
from contracts.topics import COMMANDS

CACHED_ORDERS: Final = 2_000


class Cache:
    """The orders that a shard decided on lately; it has one owner, so under its token it is never stale."""

    def __init__(self, size: int = CACHED_ORDERS) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._size = size

    def clear(self) -> None:
        """Forget everything: a batch has failed."""
        self._held.clear()

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._held

    def of(self, ids: set[str]) -> dict[str, Held]:
        """Return those that are here."""
        return {order_id: self._held[order_id] for order_id in ids if order_id in self._held}

    def keep(self, held: Mapping[str, Held]) -> None:
        """Remember what a stored and published batch decided; the oldest go."""
        for order_id, each in held.items():
            if each.seq:
                self._held[order_id] = each
                self._held.move_to_end(order_id)
        while len(self._held) > self._size:
            self._held.popitem(last=False)


class Loader:
    """Asks the store what the records of a batch need."""

    def __init__(self, unit: Unit, cache: Cache) -> None:
        self._unit = unit
        self._cache = cache

    async def load(self, reads: Sequence[Read]) -> tuple[Loaded, dict[str, Held]]:
        """Return what is known, and the cached orders: one question, a second one for orders behind references."""
        wanted = self._wanted(reads)
        loaded = await self._unit.load(wanted)
        if loaded.answers:
            counted = set(_answerable(reads, set(wanted.orders) - loaded.orders.keys()))
            loaded.answers = {key: answer for key, answer in loaded.answers.items() if key in counted}
        referred = set(loaded.references.values())
        missing = [o for o in sorted(referred) if o not in self._cache and o not in loaded.orders]
        if missing:
            more = await self._unit.load(Wanted(missing, kept_back=False))
            loaded.orders |= more.orders
        return loaded, self._cache.of({read.order_id for read in reads if read.order_id is not None} | referred)

    def _wanted(self, reads: Sequence[Read]) -> Wanted:
        """Return what to ask for; of answers more than count, as only the store knows which orders there are."""
        known = [read for read in reads if read.order_id is not None and read.decoded is not None]
        orders = [o for o in dict.fromkeys(r.order_id for r in known) if o is not None and o not in self._cache]
        referring = [(read.reference, read.decoded.envelope) for read in reads if read.reference and read.decoded]
        return Wanted(
            orders=orders,
            events=[read.key for read in known],
            references=[(*reference, event.source, event.id) for reference, event in referring],
            answers=_answerable(reads, set(orders)),
        )


def _answerable(reads: Sequence[Read], unknown: set[str]) -> list[tuple[str, str, str]]:
    """Return the records that may have been answered without a journal row: commands, and what no order knows."""
    known = [read for read in reads if read.decoded is not None and read.order_id is not None]
    return [read.key for read in known if read.record.topic == COMMANDS.name or read.order_id in unknown]
