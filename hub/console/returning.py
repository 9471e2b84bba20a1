"""Returning: what somebody has said so far of a new return, which every step of its form carries on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.console.acts import Act
from hub.console.fields import body_of, fields_of

STEPS: Final = 3
REASONS: Final = (
    "damaged",
    "defective",
    "wrong size",
    "wrong article",
    "unwanted",
    "unwanted gift",
    "came too late",
    "home_trial",
)
"""Reasons that are offered; any other may be written."""
_USUAL: Final = {"outcome": "refund", "receipt_required": "yes"}
_CARRIED: Final = ("outcome", "receipt_required", "refund_shipping")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said so far, by the names of the fields, and in which step."""

    given: Mapping[str, str]

    @classmethod
    def begun(cls) -> "Wish":
        """Return what counts before anything is said."""
        return cls(_USUAL)

    @property
    def step(self) -> int:
        """Return the step that was filled in."""
        step = self.given.get("step", "1")
        return int(step) if step in ("1", "2", "3") else 1

    @property
    def carried(self) -> dict[str, str]:
        """Return what the steps carry on, by the names of its fields."""
        return {name: held for name, held in self.given.items() if name in _CARRIED or name.startswith("lines.")}

    @property
    def pieces(self) -> dict[int, str]:
        """Return how many pieces of each line come back, as it was written."""
        found = {name.split(".")[1]: held.strip() for name, held in self.given.items() if name.endswith(".quantity")}
        return {int(line): held for line, held in found.items() if line.isdecimal() and held.strip("0")}

    def text(self, line: int, part: str) -> str:
        """Return what was written of a line."""
        return self.given.get(f"lines.{line}.{part}", "")

    def body(self, act: Act, order: Mapping[str, Any], *, confirm: bool, **changed: str) -> dict[str, Any]:
        """Return the body of the act; raises FieldIsWrong."""
        given = {**self.given, "confirm": "yes" if confirm else "", **changed}
        pieces = self.pieces
        kept = {name: held for name, held in given.items() if not name.startswith("lines.") or _line(name) in pieces}
        if given.get("outcome") != "exchange":
            kept = {name: held for name, held in kept.items() if not name.endswith(".exchange_sku")}
        return body_of(fields_of(act.schema, order), kept, order["currency"])


def _line(name: str) -> int:
    line = name.split(".")[1]
    return int(line) if line.isdecimal() else 0
