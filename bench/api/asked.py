"""What is asked of a run: which parts, how much of each."""

from dataclasses import dataclass
from typing import Final

PARTS: Final = ("acts", "search", "projector", "streams", "console")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of a run. Rates are per second; `seconds` is how long each step of a part is measured."""

    only: tuple[str, ...] = PARTS
    acts: int = 50
    facts: int = 300
    seconds: float = 10.0
    warm: float = 3.0
    """Seconds of facts before those that count, so that neither the hub nor the broker is cold."""
    orders: int = 20_000
    questions: int = 60
    turns: int = 2
    readers: int = 200
    consoles: int = 200
