"""Traces of batches: whoever wants spans is told what was decided on and what left, once both have taken effect."""

from collections.abc import Sequence
from typing import Protocol

from consumers.shard.reading import Read
from contracts.wire import Outgoing


class Traces(Protocol):
    """Where spans are made."""

    def stored(self, reads: Sequence[Read], messages: Sequence[Outgoing], began: int, ended: int) -> None:
        """Take note of a batch that is stored and published; `began` and `ended` are nanoseconds since 1970.

        It must not block, and must not raise.
        """
