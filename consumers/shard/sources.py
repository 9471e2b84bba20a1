"""Sources: who may write to which topic, and what is done about one whom nobody has registered there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from contracts.topics import INTERNAL

OURS: Final = "/hub/"
"""How the hub's own sources begin."""
SOURCE_UNKNOWN: Final = "source_unknown"
_REMEMBERED: Final = 10_000
Judgement = tuple[bool, str]
"""Whether a record counts, and what is to be said about its source, empty where nothing is."""


class Strangers(StrEnum):
    """What is done about a source that isn't registered for a topic which has registered ones."""

    TAKEN = "taken"
    TOLD = "told"
    REFUSED = "refused"


@dataclass(slots=True)
class Sources:
    """The sources that are registered by topic, a `*` standing for anything; a topic without any takes all.

    A source that is registered elsewhere only is refused whatever is done about strangers: under its name and ids
    somebody could make the real one's records look like repeats. So are the hub's own, as only the hub has them.
    """

    registered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    strangers: Strangers = Strangers.TOLD
    _known: dict[tuple[str, str], Judgement] = field(default_factory=dict)

    def judge(self, topic: str, source: str) -> Judgement:
        """Return whether a record of this source counts on this topic, and what to say about it."""
        known = self._known.get((topic, source))
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[topic, source] = self._judged(topic, source)
        return known

    def _judged(self, topic: str, source: str) -> Judgement:
        if topic == INTERNAL.name:
            return True, ""
        if source.startswith(OURS):
            return False, f"sources that begin with {OURS} are the hub's own, and it does not write to {topic}"
        if topic not in self.registered or self._is_registered(topic, source):
            return True, ""
        what = f"{source} is not registered for {topic} (HUB_SOURCES__REGISTERED)"
        elsewhere = next((other for other in self.registered if self._is_registered(other, source)), None)
        if elsewhere is not None:
            return False, f"{what}, but for {elsewhere}"
        return self.strangers is not Strangers.REFUSED, "" if self.strangers is Strangers.TAKEN else what

    def _is_registered(self, topic: str, source: str) -> bool:
        return any(fnmatchcase(source, pattern) for pattern in self.registered[topic])
