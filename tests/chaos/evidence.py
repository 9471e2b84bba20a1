"""Evidence: what the hub's own logs say of how it got through, counted; faults that left no trace prove little."""

import json
from collections import Counter
from pathlib import Path


def evidence(folder: Path) -> dict[str, int]:
    """Return how often each kind of failure was treated how, how often shards moved, what was published again."""
    found: Counter[str] = Counter()
    for log in folder.glob("hub-*.log"):
        for line in log.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                found["lines that are no JSON"] += 1
                continue
            found.update(_told(entry))
    return dict(sorted(found.items()))


def _told(entry: dict[str, object]) -> Counter[str]:
    event = str(entry.get("event"))
    told: Counter[str] = Counter({event: 1})
    if event == "batch failed":
        told[f"batch failed: {entry.get('treatment')}"] += 1
        for system in ("Kafka", "PostgreSQL"):
            told[f"unknown outcome of {system}"] += f"UnknownOutcome('{system}'" in str(entry.get("error"))
    published = entry.get("published")
    if event == "shard taken over" and isinstance(published, int):
        told["messages published by a later owner"] += published
    return Counter({name: number for name, number in told.items() if number})
