"""`python -m tests.mutation`: how many changes of each module the tests noticed, and those that none did, by kind.

It reads what `make mutation` left in the folder `mutants`.
"""

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MUTANTS: Final = Path("mutants") / "domain"
SURVIVED: Final = 0
KINDS: Final = (
    ("a text for people", re.compile(r"^-.*(Refusal\(|NoteAdded|\.text)")),
    ("the name of a rule", re.compile(r"^-.*(rules\.append|\"[A-Z]{1,3}-\d\d\")")),
    ("an event's detail", re.compile(r"^-.*(emit|events\.)")),
    ("an id", re.compile(r"^-.*(draft\.id\(|derive\(|_id\()")),
)
"""How a survivor is sorted: the first kind whose line it changes; a sentence is a text, anything else is logic."""
_SENTENCE: Final = re.compile(r'"[^"]* [^"]*"')
LOGIC: Final = "logic"


@dataclass(frozen=True)
class Module:
    """The mutants of one module that were tried."""

    name: str
    killed: int
    survivors: tuple[str, ...]

    @property
    def tried(self) -> int:
        return self.killed + len(self.survivors)


def modules() -> Iterator[Module]:
    """Return the modules of which mutants were tried."""
    for path in sorted(MUTANTS.glob("*.meta")):
        results: dict[str, int | None] = json.loads(path.read_text())["exit_code_by_key"]
        tried = {name: code for name, code in results.items() if code is not None}
        if tried:
            survivors = tuple(name for name, code in tried.items() if code == SURVIVED)
            yield Module(path.name.removesuffix(".py.meta"), len(tried) - len(survivors), survivors)


def change(mutant: str) -> str:
    """Return a mutant's changed lines."""
    shown = subprocess.run([sys.executable, "-m", "mutmut", "show", mutant], capture_output=True, text=True, check=True)
    lines = shown.stdout.splitlines()
    return "\n".join(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def kind_of(changed: str) -> str:
    """Return what a survivor changes."""
    before, after = changed.partition("\n")[::2]
    if _literals(before) != _literals(after) and any(_SENTENCE.fullmatch(each) for each in _literals(changed)):
        return KINDS[0][0]
    return next((name for name, pattern in KINDS if pattern.search(changed)), LOGIC)


def _literals(line: str) -> list[str]:
    return re.findall(r'"[^"]*"', line)


def main() -> int:
    """Print the score by module and the survivors by kind; those that change logic are shown."""
    logic: dict[str, list[str]] = defaultdict(list)
    sys.stdout.write("| module | mutants | noticed | score | survivors |\n|---|---|---|---|---|\n")
    for module in modules():
        kinds: Counter[str] = Counter()
        for mutant in module.survivors:
            changed = change(mutant)
            kinds[kind_of(changed)] += 1
            if kind_of(changed) == LOGIC:
                logic[mutant].append(changed)
        score = f"{100 * module.killed / module.tried:.0f} %"
        rest = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"
        sys.stdout.write(f"| `{module.name}` | {module.tried} | {module.killed} | {score} | {rest} |\n")
    for mutant, changes in logic.items():
        sys.stdout.write("\n".join(("", mutant, *changes, "")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
