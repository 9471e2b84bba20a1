"""The result of a run: what happened how often, how long the hub took to come back, and what was wrong."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group
from rich.table import Table

from hub.cli.display import shown


@dataclass
class Result:
    """A run's outcome; `recovery` are the worst seconds until every shard had stored again after a fault."""

    seed: int = 0
    seconds: float = 0.0
    planned: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, float] = field(default_factory=dict)
    drain_seconds: float | None = None
    watched: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, int] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    proof: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """Return the planned kinds that never happened: a run that killed nobody has proved nothing."""
        return [name for name in self.planned if not self.counts[name]]

    @property
    def ok(self) -> bool:
        """Tell whether nothing was wrong, everything planned happened, and the proof was given."""
        return not self.faults and not self.missing and bool(self.proof.get("ok"))

    def to_json(self) -> dict[str, Any]:
        """Return the result as plain JSON values."""
        plain = {name: value for name, value in vars(self).items() if name != "counts"}
        return {"ok": self.ok, **plain, "counts": dict(self.counts), "missing": self.missing}


def tables(result: Result) -> Group:
    """Return the result for people."""
    faults = Table("fault", "times", "back after (s)", title=f"Faults of seed {result.seed}")
    for name in result.planned:
        back = result.recovery.get(name)
        faults.add_row(name, str(result.counts[name]), "–" if back is None else f"{back:.1f}")
    seen = Table("what", "count", title="What it was worth", show_header=False)
    for name, number in {**result.notes, **result.watched, **result.evidence}.items():
        seen.add_row(name, str(number))
    end = Table("promise", "", title="Proof", show_header=False)
    for name in ("facts", "messages", "orders", "lost", "doubled", "out_of_order"):
        end.add_row(name.replace("_", " "), str(result.proof.get(name, "–")))
    end.add_row("drained after (s)", "–" if result.drain_seconds is None else f"{result.drain_seconds:.1f}")
    end.add_row("seconds in all", f"{result.seconds:.0f}")
    end.add_row("verified", "[green]yes[/green]" if result.ok else "[red]no[/red]")
    told = [f"{name} never happened" for name in result.missing] + result.faults
    return Group(faults, seen, end, *(shown(text, "red") for text in told[:60]))
