"""Cursors: where a reader stands in each shard, as a text that any process of the same hub can read."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from typing import Final

from adapters.postgres.tailing import LAST, MARK_BYTES
from hub.errors import ErrorKind, HubError

Position = tuple[int, int, int]
"""A batch of a shard, a row of it, a message of that: the first one that was not read."""
START: Final[Position] = (0, 0, 0)
VERSION: Final = 1
LONGEST: Final = 30_000
"""Characters of a cursor: 1,024 shards take a third of it."""
_MOST: Final = (2**63 - 1, LAST, LAST)
_TEXT: Final = re.compile(r"[A-Za-z0-9_-]+")


class CursorIsInvalid(HubError):
    """The cursor can't be read: give one as it was told, or begin without."""

    kind = ErrorKind.INVALID


class Cursor:
    """Where a reader stands: a position for each shard of the database, in the order of their numbers."""

    __slots__ = ("_packed", "_places", "_text", "mark")

    def __init__(self, mark: bytes, places: Iterable[Position]) -> None:
        self.mark = mark
        self._places = list(places)
        self._packed = [_packed(place) for place in self._places]
        self._text: str | None = None

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Position:
        return self._places[index]

    def __iter__(self) -> Iterator[Position]:
        return iter(self._places)

    def move(self, index: int, place: Position) -> None:
        """Go to a position of a shard."""
        if self._places[index] != place:
            self._places[index] = place
            self._packed[index] = _packed(place)
            self._text = None

    def meet(self, other: "Cursor") -> None:
        """Go to where another one of the same hub stands."""
        self._places, self._packed, self._text = list(other._places), list(other._packed), other._text

    def copy(self) -> "Cursor":
        """Return one that stands there, too."""
        made = Cursor(self.mark, ())
        made.meet(self)
        return made

    def grow(self, count: int) -> bool:
        """Be one of so many shards; False if they are none that these were split into.

        A shard that was split off wrote nothing yet in the batch in which its parent was read last, and goes on with
        the next number: the beginning of that batch is where it is read from.
        """
        before = len(self._places)
        if not before or count % before:
            return False
        for index in range(before, count):
            self._places.append((self._places[index % before][0], 0, 0))
            self._packed.append(_packed(self._places[index]))
            self._text = None
        return True

    @property
    def text(self) -> str:
        """Return it as it is given to readers."""
        if self._text is None:
            raw = b"".join((bytes((VERSION,)), self.mark, _number(len(self._places)), *self._packed))
            self._text = urlsafe_b64encode(raw).rstrip(b"=").decode()
        return self._text


def read(text: str) -> Cursor:
    """Return the cursor of a text; raises CursorIsInvalid."""
    if len(text) > LONGEST or not _TEXT.fullmatch(text):
        raise CursorIsInvalid
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        numbers = list(_numbers(raw[1 + MARK_BYTES :]))
    except ValueError as error:
        raise CursorIsInvalid from error
    if raw[0] != VERSION or not numbers or numbers[0] * 3 != len(numbers) - 1 or not numbers[0]:
        raise CursorIsInvalid
    places = list(zip(numbers[1::3], numbers[2::3], numbers[3::3], strict=True))
    if any(part > most for place in places for part, most in zip(place, _MOST, strict=True)):
        raise CursorIsInvalid
    return Cursor(raw[1 : 1 + MARK_BYTES], places)


def _packed(place: Position) -> bytes:
    return b"".join(map(_number, place))


def _number(number: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first; all but the last have the eighth bit."""
    if number < 0x80:
        return bytes((number,))
    return bytes((number & 0x7F | 0x80,)) + _number(number >> 7)


def _numbers(raw: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in raw:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
        elif shift > 63:
            raise ValueError("a number is too long")
    if shift:
        raise ValueError("the last number is cut off")
