"""The ring: the last events in memory, from which all readers are served who are not far behind."""

from collections import deque
from typing import Final

from hub.desk.live.cursor import Cursor
from hub.desk.live.event import Event, Told, Wish

EVENTS: Final = 10_000


class Ring:
    """All events from `floor` to `tip`, the newest last; those of a shard are in its order."""

    def __init__(self, floor: Cursor, most: int = EVENTS) -> None:
        self.floor = floor
        self.tip = floor.copy()
        self._most = most
        self._events: deque[Event] = deque()

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> None:
        """Take in the next event of a shard; the oldest one gives way to it."""
        self._events.append(event)
        self.tip.move(event.shard, event.end)
        if len(self._events) > self._most:
            oldest = self._events.popleft()
            self.floor.move(oldest.shard, oldest.end)

    def grow(self, count: int) -> bool:
        """Be one of so many shards; False if they are none that these were split into."""
        return self.floor.grow(count) and self.tip.grow(count)

    def reaches(self, cursor: Cursor) -> bool:
        """Tell whether all that is behind a cursor is here."""
        return all(place >= floor for place, floor in zip(cursor, self.floor, strict=True))

    def knows(self, cursor: Cursor) -> bool:
        """Tell whether a cursor is no further than the ring itself."""
        return all(place <= tip for place, tip in zip(cursor, self.tip, strict=False))

    def after(self, cursor: Cursor, wish: Wish, most: int) -> tuple[list[Told], bool]:
        """Move a cursor on; return what is wished for on its way, and whether that was all there is."""
        told: list[Told] = []
        for event in self._behind(cursor):
            cursor.move(event.shard, event.end)
            if wish.passes(event):
                told.append(Told(cursor.text, event))
                if len(told) == most:
                    return told, False
        cursor.meet(self.tip)
        return told, True

    def _behind(self, cursor: Cursor) -> list[Event]:
        """Return the events behind a cursor, looking no further back than needed."""
        found: list[Event] = []
        open_ = {index for index, place in enumerate(cursor) if place < self.tip[index]}
        for event in reversed(self._events):
            if not open_:
                break
            if event.end > cursor[event.shard]:
                found.append(event)
            else:
                open_.discard(event.shard)
        return found[::-1]
