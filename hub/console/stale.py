"""Stale: an order has changed under somebody's hands: what he saw, what is now, what he wanted."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.console import editing

Fields = Mapping[str, str]
_UNLOCK: Final = "order.unlock.v1"
_ORDER: Final = ("state", "payment", "holds", "total")


@dataclass(frozen=True, slots=True)
class Row:
    """A field that differs: what it is of (`kind`, and `line` or `box` where it is of one), and its three values."""

    name: str
    kind: str
    line: str
    saw: str
    now: str
    wanted: str | None


@dataclass(frozen=True, slots=True)
class Stale:
    """An order that has changed: by whom, field by field, and whether what the person changed still fits.

    `forced` is who has ended the person's lock by force.
    """

    entries: Sequence[Mapping[str, Any]]
    rows: Sequence[Row]
    keeps: bool
    forced: str | None

    @property
    def who(self) -> list[str]:
        """Return who has changed it, each once."""
        return list(dict.fromkeys(each["who"] for each in self.entries if each["who"]))


def snapshot(order: Mapping[str, Any]) -> dict[str, str]:
    """Return what a page shows of an order, as far as somebody may go by it when he decides."""
    total = None if order["totals"] is None else order["totals"]["total"]["amount"]
    return {
        "state": order["state"] or "",
        "payment": "" if order["payment"] is None else order["payment"]["view"],
        "holds": ", ".join(order["holds"]),
        "total": "" if total is None else str(total),
        **editing.fields(order),
    }


def written(order: Mapping[str, Any]) -> str:
    """Return the snapshot as a form carries it along."""
    return json.dumps(snapshot(order), ensure_ascii=False)


def compared(
    seen: Fields,
    order: Mapping[str, Any],
    wanted: Fields | Collection[str],
    entries: Sequence[Mapping[str, Any]],
    me: str,
    *,
    fits: bool = True,
) -> Stale:
    """Compare what somebody saw with how the order stands, and with what he has changed himself.

    `wanted` are the fields that he changed, or only the stems of those that his act is about. `fits`: the order still
    takes his act.
    """
    now = snapshot(order)
    given: Fields = wanted if isinstance(wanted, Mapping) else {}
    names = [name for name in {**seen, **now, **given} if _differs(name, seen, now) or name in given]
    rows = [Row(name, *_about(name), seen.get(name, ""), now.get(name, ""), given.get(name)) for name in names]
    gone = [name for name in given if name.startswith(("line.", "ship.")) and not _is_there(name, now)]
    touched = [name for name in names if name in wanted or name.rpartition(".")[0] in wanted]
    keeps = fits and not gone and not any(_differs(name, seen, now) for name in touched)
    forced = next((each["who"] for each in entries if each["what"] == _UNLOCK and each["who"] != me), None)
    return Stale(entries, rows, keeps, forced)


def _differs(name: str, seen: Fields, now: Fields) -> bool:
    return seen.get(name, "") != now.get(name, "")


def _is_there(name: str, now: Fields) -> bool:
    """Tell whether the line, or the shipment, that a field is of is still in the order."""
    stem = name.rpartition(".")[0]
    return any(each.startswith(f"{stem}.") for each in now)


def _about(name: str) -> tuple[str, str]:
    """Return what a field is, and of which line, shipment or new row it is."""
    if name in _ORDER or "." not in name:
        return name, ""
    stem, _, part = name.rpartition(".")
    kind, _, which = stem.partition(".")
    return (part, which) if kind == "line" else (f"{kind}.{part}", which)
