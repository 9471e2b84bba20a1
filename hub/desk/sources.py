"""Partners as the hub knows them, by the source of their events: what came of late, what failed, what is held back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from adapters.postgres import api_keys, partner_hours, source_reads
from adapters.postgres.api_keys import PartnerKey
from adapters.postgres.partner_hours import Hour
from adapters.postgres.source_reads import Failing, Heard, Overdue, Pause
from hub.desk.errors import SourceIsUnknown
from hub.desk.names import spelt
from hub.desk.resources import Desk

HOURS: Final = 24
_Row = TypeVar("_Row", Heard, Failing, PartnerKey)


@dataclass(frozen=True, slots=True)
class Source:
    """A partner: what it said of late, what of it failed and is open, why it is paused, and its keys for HTTP."""

    source: str
    heard: Sequence[Heard]
    failing: Sequence[Failing]
    paused: Pause | None
    keys: Sequence[PartnerKey]

    @property
    def last_event(self) -> datetime | None:
        """Return when the last event of late was stored."""
        return max((each.last for each in self.heard), default=None)

    @property
    def events(self) -> int:
        """Return how many events of late there are."""
        return sum(each.count for each in self.heard)


@dataclass(frozen=True, slots=True)
class OneSource:
    """A partner: since when all its events are counted, and what it said in each of the last 24 hours."""

    source: Source
    since: datetime | None
    hours: Sequence[Hour]


@dataclass(frozen=True, slots=True)
class Sources:
    """Every partner that is known; since `since` all events are counted, from the beginning where it is None.

    `overdue` are answers that are late: the orders know which party owes them, but not under which source it writes.
    """

    since: datetime | None
    sources: Sequence[Source]
    overdue: Sequence[Overdue]


async def known(desk: Desk) -> Sources:
    """Return the partners that said something of late, of which something failed, that are paused or have keys."""
    heard, since = await source_reads.heard(desk.engine)
    said, failing = _by_source(heard), _by_source(await source_reads.failing(desk.engine))
    paused = {each.source: each for each in await source_reads.paused(desk.engine)}
    keys = _by_source(await api_keys.all_of(desk.engine))
    found = [
        Source(name, said.get(name, ()), failing.get(name, ()), paused.get(name), keys.get(name, ()))
        for name in sorted({*said, *failing, *paused, *keys})
    ]
    return Sources(since, found, await source_reads.overdue(desk.engine))


def _by_source(rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.source].append(row)
    return found


async def one(desk: Desk, name: str) -> OneSource:
    """Return a partner by its source; `~` stands before one in base64url. Raises SourceIsUnknown."""
    every, wanted = await known(desk), spelt(name)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=ago) for ago in reversed(range(HOURS))]
    said = {each.hour: each for each in await partner_hours.of(desk.engine, wanted, hours[0])}
    source = next((each for each in every.sources if each.source == wanted), None)
    if source is None and not said:
        raise SourceIsUnknown(wanted)
    source = source or Source(wanted, (), (), None, ())
    return OneSource(source, every.since, [said.get(each, Hour(each, 0, 0, 0)) for each in hours])
