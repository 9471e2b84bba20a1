"""Partners as the hub knows them, by the source of their events: what came of late, what failed, what is held back."""

from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.postgres import api_keys, source_reads
from adapters.postgres.api_keys import PartnerKey
from adapters.postgres.source_reads import Failing, Heard, Overdue, Pause
from hub.desk.errors import SourceIsUnknown
from hub.desk.resources import Desk


@dataclass(slots=True)  # filled as the reads come in
class Source:
    """A partner: what it said of late, what of it failed and is open, why it is paused, and its keys for HTTP."""

    source: str
    heard: list[Heard] = field(default_factory=list)
    failing: list[Failing] = field(default_factory=list)
    paused: Pause | None = None
    keys: list[PartnerKey] = field(default_factory=list)

    @property
    def last_event(self) -> datetime | None:
        """Return when the last event of late was stored."""
        return max((each.last for each in self.heard), default=None)

    @property
    def events(self) -> int:
        """Return how many events of late there are."""
        return sum(each.count for each in self.heard)


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
    found: dict[str, Source] = defaultdict(lambda: Source(""))
    for each in heard:
        found[each.source].heard.append(each)
    for failed in await source_reads.failing(desk.engine):
        found[failed.source].failing.append(failed)
    for pause in await source_reads.paused(desk.engine):
        found[pause.source].paused = pause
    for key in await api_keys.all_of(desk.engine):
        found[key.source].keys.append(key)
    for name, source in found.items():
        source.source = name
    return Sources(since, [found[name] for name in sorted(found)], await source_reads.overdue(desk.engine))


async def one(desk: Desk, name: str) -> tuple[Source, datetime | None]:
    """Return a partner by its source, and since when its events are counted; `~` stands before one in base64url.

    Raises SourceIsUnknown.
    """
    every, wanted = await known(desk), spelt(name)
    source = next((each for each in every.sources if each.source == wanted), None)
    if source is None:
        raise SourceIsUnknown(wanted)
    return source, every.since


def spelt(name: str) -> str:
    """Return the source that a name in an address means."""
    if not name.startswith("~"):
        return name
    try:
        return urlsafe_b64decode(name[1:] + "=" * (-len(name[1:]) % 4)).decode()
    except ValueError:
        return name
