"""Figures as Prometheus reads them from a process."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2
from prometheus_client.parser import text_string_to_metric_families

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process told in one answer."""

    told: Mapping[str, list[tuple[Labels, float]]] = field(default_factory=dict)

    def of(self, name: str, **labels: str) -> float:
        """Return the sum of all values of this name that have these labels; 0 where there are none."""
        return sum(value for found, value in self.told.get(name, ()) if labels.items() <= found.items())


async def scraped(address: str) -> Figures:
    """Ask a process for its figures."""
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{address}/metrics")
    answer.raise_for_status()
    told: dict[str, list[tuple[Labels, float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            told.setdefault(sample.name, []).append((sample.labels, sample.value))
    return Figures(told)
