"""Turns: of what costs a server much, so many at once in a process; who comes then is asked to come again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hub.api.problems import Problem


@dataclass(slots=True)
class Turns:
    """So many at once, whoever they are."""

    most: int
    _taken: int = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a turn as long as the block; raises Problem where there is none."""
        if self._taken >= self.most:
            detail = f"{self.most} at once are carried out, and so many are under way"
            raise Problem("rate", detail, more={"retry_after": 1}, headers={"Retry-After": "1"})
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
