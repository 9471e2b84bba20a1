"""The medians of each database and their ratios as text."""

import sys
from typing import Any, Final

TITLES: Final = {"new": "new orders", "stored": "scans for stored orders"}
"""By kind of backlog."""


def show(document: dict[str, Any]) -> None:
    """Print the medians of each database, and the ratios."""
    for kind, title in TITLES.items():
        sys.stdout.write(f"\n{title}\n")
        places = list(document["databases"])
        sizes = [f"{document['databases'][name]['rows']['journal']:,} rows" for name in places]
        sys.stdout.write(
            f"{'':<22}" + "".join(f"{each:>20}" for each in [*sizes, *("ratio" for _ in sizes[1:])]) + "\n"
        )
        for figure in document["medians"][places[0]][kind]:
            values = [document["medians"][name][kind].get(figure) for name in places]
            values += [document["ratios"][name][kind].get(figure) for name in places[1:]]
            told = "".join(f"{'-' if value is None else format(value, ',.2f'):>20}" for value in values)
            sys.stdout.write(f"{figure:<22}{told}\n")
