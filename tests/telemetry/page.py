"""The page of metrics, written from their table."""

from pathlib import Path
from typing import Final

from hub.telemetry.names import METRICS, Told

PAGE: Final = Path(__file__).parents[2] / "docs" / "metrics.md"
_HEAD: Final = """# Metrics

Every process answers Prometheus where `HUB_TELEMETRY__PORT` is set: [telemetry](telemetry.md) says how. \
This page is written from the table in the code by `python -m tests.telemetry`. \
Each process also tells the usual `process_…` and `python_…` figures: CPU seconds, memory, open files, collections.

"""


def page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for who in Told:
        rows = [
            f"| `{metric.name}{'_total' if metric.kind == 'counter' else ''}` | {metric.kind} "
            f"| {', '.join(f'`{label}`' for label in metric.labels)} | {metric.says} |"
            for metric in METRICS
            if metric.told is who
        ]
        title = f"Told by {who.value}"
        parts.append(
            "\n".join([f"## {title}", "", "| name | kind | labels | says |", "|---|---|---|---|", *rows, "", ""])
        )
    return "".join(parts).rstrip("\n") + "\n"
