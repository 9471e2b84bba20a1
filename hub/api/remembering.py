"""What a process remembers of its callers: tokens that opened something, the hour of the last visit, and names."""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

CALLERS: Final = 10_000
"""Callers whose pace is remembered; of more of them, the ones that were silent longest are forgotten."""

NOTED_SECONDS: Final = 3600.0


@dataclass(slots=True)
class Opening:
    """Tokens that have opened something, by their hashes: who shows one of them is not guessing."""

    _seen: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def note(self, token: str) -> None:
        """Note that a token opens something."""
        self._seen[_hashed(token)] = None
        self._seen.move_to_end(_hashed(token))
        if len(self._seen) > CALLERS:
            self._seen.popitem(last=False)

    def forget(self, token: str) -> None:
        """Note that a token opens nothing, or no longer."""
        self._seen.pop(_hashed(token), None)

    def knows(self, token: str) -> bool:
        """Tell whether a token has opened something."""
        return _hashed(token) in self._seen


@dataclass(slots=True)
class SignIns:
    """In which hour each caller was here last."""

    _hours: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def begins(self, name: str, hour: int) -> bool:
        """Tell whether a caller is here for the first time in an hour, and note it."""
        before = self._hours.get(name)
        self._hours[name] = hour
        self._hours.move_to_end(name)
        if len(self._hours) > CALLERS:
            self._hours.popitem(last=False)
        return before != hour

    def forget(self, name: str) -> None:
        """Note that it wasn't written down."""
        self._hours.pop(name, None)


@dataclass(slots=True)
class Names:
    """What callers are called, and when that was noted last: nobody is noted twice in an hour under one name."""

    _noted: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)

    def is_news(self, caller: str, name: str) -> bool:
        """Tell whether a name has to be noted, and take it for noted."""
        now = time.monotonic()
        known, at = self._noted.get(caller, ("", 0.0))
        if known == name and now - at < NOTED_SECONDS:
            return False
        self._noted[caller] = name, now
        self._noted.move_to_end(caller)
        if len(self._noted) > CALLERS:
            self._noted.popitem(last=False)
        return True


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
