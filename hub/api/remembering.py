"""What a process remembers of its callers: tokens that opened something, the hour of the last visit, and names."""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

CALLERS: Final = 10_000
"""Callers of whom something is remembered; of more of them, the ones that were silent longest are forgotten."""
NOTED_SECONDS: Final = 3600.0
Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """What was noted last of each; beyond `CALLERS` of them, the one that was noted longest ago is forgotten."""

    def __init__(self) -> None:
        self._held: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """Return what was noted of one, None where nothing was, or it is forgotten."""
        return self._held.get(key)

    def note(self, key: Key, value: Value) -> None:
        """Note something of one in place of what was noted before."""
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > CALLERS:
            self._held.popitem(last=False)

    def forget(self, key: Key) -> None:
        """Forget one."""
        self._held.pop(key, None)


@dataclass(slots=True)
class Opening:
    """Tokens that have opened something, by their hashes: who shows one of them is not guessing."""

    _seen: Recent[bytes, bool] = field(default_factory=Recent)

    def note(self, token: str) -> None:
        """Note that a token opens something."""
        self._seen.note(_hashed(token), True)

    def forget(self, token: str) -> None:
        """Note that a token opens nothing, or no longer."""
        self._seen.forget(_hashed(token))

    def knows(self, token: str) -> bool:
        """Tell whether a token has opened something."""
        return self._seen.get(_hashed(token)) is not None


@dataclass(slots=True)
class SignIns:
    """In which hour each caller was here last."""

    _hours: Recent[str, int] = field(default_factory=Recent)

    def begins(self, name: str, hour: int) -> bool:
        """Tell whether a caller is here for the first time in an hour, and note it."""
        before = self._hours.get(name)
        self._hours.note(name, hour)
        return before != hour

    def forget(self, name: str) -> None:
        """Note that it wasn't written down."""
        self._hours.forget(name)


@dataclass(slots=True)
class Names:
    """What callers are called, and when that was noted last: nobody is noted twice in an hour under one name."""

    _noted: Recent[str, tuple[str, float]] = field(default_factory=Recent)

    def is_news(self, caller: str, name: str) -> bool:
        """Tell whether a name has to be noted, and take it for noted."""
        now = time.monotonic()
        known, at = self._noted.get(caller) or ("", 0.0)
        if known == name and now - at < NOTED_SECONDS:
            return False
        self._noted.note(caller, (name, now))
        return True

    def forget(self, caller: str) -> None:
        """Note that it wasn't written down."""
        self._noted.forget(caller)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
