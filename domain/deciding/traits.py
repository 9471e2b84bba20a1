"""Traits: the sets of states that rules ask for, as one table that says of each state whether it is in each set."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

from domain.deciding.words import Word

Kind = TypeVar("Kind", bound=Word)
IN, OUT = "+", "-"


class TraitsAreUnsound(Exception):
    """The table {place} can't be right: {faults}."""

    def __init__(self, place: str, faults: tuple[str, ...]) -> None:
        super().__init__(place, faults)
        self.place = place
        self.faults = faults

    def __str__(self) -> str:
        return (self.__doc__ or "").format(place=self.place, faults="\n".join(self.faults))


def traits(kind: type[Kind], place: str, table: str) -> Mapping[str, frozenset[Kind]]:
    """Return the sets of a table by name; `place` names the table to whoever has to mend it.

    First comes a line for each set, `name: what is true of its states`, one column further to the right than the last
    by the bars of those before. Then comes a line for each state: `+` (in) or `-` (out) in the column of each set, and
    the state's word. Raises `TraitsAreUnsound` unless the table says of each state whether it is in each set.
    """
    lines = [line.strip(" |") for line in table.strip().splitlines()]
    asks = dict(line.split(": ", 1) for line in lines if ": " in line)
    marks = {word: tuple(cells) for *cells, word in (line.split() for line in lines if ": " not in line)}
    faults = tuple(_faults(kind, asks, marks))
    if faults or len(asks) + len(marks) < len(lines):
        raise TraitsAreUnsound(place, faults or ("a name or a state has two lines: leave one",))
    names = enumerate(asks)
    return MappingProxyType({name: frozenset(word for word in kind if marks[word][n] == IN) for n, name in names})


def _faults(kind: type[Word], asks: Mapping[str, str], marks: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Tell of states without a line, of lines that don't say + or - of each set, and of lines for no state."""
    questions = "".join(f"\n  {name}: {ask}" for name, ask in asks.items())
    for word in kind:
        said = marks.get(word)
        if said is None:
            yield f"{kind.__name__}.{word.name} has no line: say + or - of it in the column of each set:{questions}"
        elif len(said) != len(asks) or set(said) - {IN, OUT}:
            yield (
                f"{kind.__name__}.{word.name} has {len(said)} marks for {len(asks)} sets: "
                f"say + or - of it in the column of each set:{questions}"
            )
    known = {str(word) for word in kind}
    for stranger in marks:
        if stranger not in known:
            yield f"there is no {kind.__name__} {stranger}: take its line out, or add the state"
