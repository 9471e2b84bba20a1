"""Live: what happens to orders, for any number of readers, once it is stored."""

from hub.desk.live.cursor import CursorIsInvalid
from hub.desk.live.event import Event, Told, Wish
from hub.desk.live.reader import Reader, Reason
from hub.desk.live.tail import Tail

__all__ = ["CursorIsInvalid", "Event", "Reader", "Reason", "Tail", "Told", "Wish"]
