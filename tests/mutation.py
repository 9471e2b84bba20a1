"""`python -m tests.mutation`: how many changes of each module the tests noticed, and those that none did, by kind.

It reads what `make mutation` left in the folder `mutants`.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

MUTANTS: Final = Path("mutants") / "domain"
SURVIVED: Final = 0
REFUSED: Final = 37
"""What mutmut writes down for a mutant that mypy refuses; no test is asked about it."""
CODE, TEXT, LOGIC = "a refusal's code", "a text for people", "logic"
KINDS: Final = (
    (TEXT, re.compile(r"^-.*(Refusal\(|NoteAdded|\.text)")),
    ("the name of a rule", re.compile(r"^-.*(rules\.append|\"[A-Z]{1,3}-\d\d\")")),
    ("an event's detail", re.compile(r"^-.*(emit|events\.)")),
    ("an id", re.compile(r"^-.*(draft\.id\(|derive\(|_id\()")),
)
"""How a survivor is sorted: a refusal's code and a sentence first, then the first kind whose line it changes."""
_CODE: Final = re.compile(r'Refusal\("(\w+)"')
_SENTENCE: Final = re.compile(r'"[^"]* [^"]*"')


@dataclass(frozen=True)
class Module:
    """The mutants of one module that were tried."""

    name: str
    refused: int
    killed: int
    survivors: tuple[str, ...]

    @property
    def told(self) -> int:
        """Return how many the tests were asked about."""
        return self.killed + len(self.survivors)


def modules() -> Iterator[Module]:
    """Return the modules of which mutants were tried."""
    for path in sorted(MUTANTS.rglob("*.meta")):
        results: dict[str, int | None] = json.loads(path.read_text())["exit_code_by_key"]
        tried = {name: code for name, code in results.items() if code is not None}
        if tried:
            survivors = tuple(name for name, code in tried.items() if code == SURVIVED)
            refused = sum(code == REFUSED for code in tried.values())
            killed = len(tried) - len(survivors) - refused
            yield Module(path.name.removesuffix(".py.meta"), refused, killed, survivors)


def change(mutant: str) -> str:
    """Return a mutant's changed lines, as `mutmut show` has them, without a second's start for each."""
    lines: list[str] = import_module("mutmut.mutation.diff_apply").get_diff_for_mutant(mutant).splitlines()
    return "\n".join(line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---"))


def kind_of(changed: str) -> str:
    """Return what a survivor changes."""
    before, after = changed.partition("\n")[::2]
    if _CODE.findall(before) != _CODE.findall(after):
        return CODE
    if _literals(before) != _literals(after) and any(_SENTENCE.fullmatch(each) for each in _literals(changed)):
        return TEXT
    return next((name for name, pattern in KINDS if pattern.search(changed)), LOGIC)


def _literals(line: str) -> list[str]:
    return re.findall(r'"[^"]*"', line)


def main() -> int:
    """Print the score by module and the survivors by kind; those that change logic are shown."""
    logic: dict[str, list[str]] = defaultdict(list)
    sys.stdout.write(
        "| module | refused by types | told to tests | noticed | score | survivors |\n|---|---|---|---|---|---|\n"
    )
    for module in modules():
        kinds: Counter[str] = Counter()
        for mutant in module.survivors:
            changed = change(mutant)
            kinds[kind_of(changed)] += 1
            if kind_of(changed) == LOGIC:
                logic[mutant].append(changed)
        score = f"{100 * module.killed / module.told:.0f} %" if module.told else "–"
        rest = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"
        numbers = f"{module.refused} | {module.told} | {module.killed} | {score}"
        sys.stdout.write(f"| `{module.name}` | {numbers} | {rest} |\n")
    for mutant, changes in logic.items():
        sys.stdout.write("\n".join(("", mutant, *changes, "")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
