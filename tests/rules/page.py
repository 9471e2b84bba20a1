"""The page `docs/rules.md`: made from the catalogue, the tests' marks and the domain's tables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.orders.lifecycle import MACHINES
from tests.rules import facts, gates, tables, words
from tests.rules.catalogue import DUE, LATER, ROOT, Group, Rule, groups
from tests.rules.marks import Marked, by_rule, collected

PAGE: Final = ROOT / "docs" / "rules.md"
DOMAIN: Final = ROOT / "domain"
_INTRODUCTION: Final = (
    "# Rules",
    "",
    "Every rule that has a number: what it comes to, where `domain/` names it, and which tests cover it.",
    "Rules of the five systems that the hub reconciles come first, then the hub's own tables,"
    " then what was decided where the systems are silent or differ.",
    "",
    "`make rules` writes this page from `docs/rules.toml`, the marks of the tests and the tables in `domain/`;"
    " `make check` fails when it is not current.",
    "`make rules-proof` takes the rows, gates and scopes of each rule away"
    " and shows that every test with its mark then fails.",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the page is made from: the groups of rules, the tests of each rule, the modules that name it."""

    groups: tuple[Group, ...]
    tests: Mapping[str, tuple[Marked, ...]]
    modules: Mapping[str, tuple[str, ...]]

    @property
    def rules(self) -> dict[str, Rule]:
        return {rule.id: rule for group in self.groups for rule in group.rules}

    def untested(self, area: str) -> list[Rule]:
        """Return the rules of an area that no test names."""
        return [rule for rule in self.rules.values() if rule.area == area and rule.id not in self.tests]


def known() -> Known:
    """Return what the page is made from today."""
    return Known(groups(), by_rule(collected()), modules())


def modules(folder: Path = DOMAIN) -> dict[str, tuple[str, ...]]:
    """Return by rule the modules that name it, as paths within the folder and sorted by their names."""
    prefixes = "|".join(group.prefix for group in groups())
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.stem):
        for rule in sorted(set(re.findall(rf"\b(?:{prefixes})-\d\d\b", path.read_text()))):
            found[rule] = (*found.get(rule, ()), path.relative_to(folder).with_suffix("").as_posix())
    return found


def stale(known: Known, path: Path = PAGE) -> bool:
    """Tell whether the page is missing or differs from what would be written."""
    return not path.is_file() or path.read_text() != page(known)


def faults(known: Known) -> list[str]:
    """Return, as sentences, what names a rule that is not in the catalogue."""
    marks = [
        f"{test.node} is marked with {rule}, which docs/rules.toml doesn't know"
        for rule, tests in known.tests.items()
        if rule not in known.rules
        for test in tests
    ]
    rows = [
        f"the {machine.name} table has a row {row.id}, which docs/rules.toml doesn't know"
        for machine in MACHINES
        for row in machine.table
        if row.id not in known.rules
    ]
    texts = [
        f"domain/{name}.py names {rule}, which docs/rules.toml doesn't know"
        for rule, names in known.modules.items()
        if rule not in known.rules
        for name in names
    ]
    return [*marks, *rows, *texts]


def page(known: Known) -> str:
    """Return the page's text."""
    parts = [*_INTRODUCTION, *_overview(known), *_rules(known), *_gates(), *_machines(), *_words(), *_gaps(known)]
    return "\n".join(parts) + "\n"


def _overview(known: Known) -> Iterator[str]:
    yield from ("", "## How many have a test", "", "| area | rules | with a test |", "|---|---|---|")
    for area in (*DUE, *LATER):
        there = sum(rule.area == area for rule in known.rules.values())
        yield f"| {area} | {there} | {there - len(known.untested(area))} |"


def _rules(known: Known) -> Iterator[str]:
    for group in known.groups:
        areas = [area for area in (*DUE, *LATER) if any(rule.area == area for rule in group.rules)]
        yield from ("", f"## {group.name}")
        for area in areas:
            if len(areas) > 1:
                yield from ("", f"### {group.name}: {area}")
            yield from ("", "| id | rule | in `domain/` | tests |", "|---|---|---|---|")
            for rule in group.rules:
                if rule.area == area:
                    named = ", ".join(name.split("/")[-1] for name in known.modules.get(rule.id, ())) or tables.NOTHING
                    yield f"| {rule.id} | {rule.line} | {named} | {_tests(known, rule)} |"


def _tests(known: Known, rule: Rule) -> str:
    cases: dict[str, list[Marked]] = {}
    for test in known.tests.get(rule.id, ()):
        cases.setdefault(test.function, []).append(test)
    return "<br>".join(_link(tests) for tests in cases.values()) or tables.NOTHING


def _link(tests: list[Marked]) -> str:
    more = f" ({len(tests)} cases)" if len(tests) > 1 else ""
    return f"[{tests[0].sentence}](../{tests[0].file}){more}"


def _gates() -> Iterator[str]:
    yield from ("", "## The gates", "", "What an order takes in which state; a cell that says no names why.")
    yield "With several shipments the column is that of the shipment concerned."
    yield ""
    yield from gates.matrix()
    yield from ("", "### The commands", "")
    yield from gates.commands()
    yield from ("", "## The facts", "", "What tells which of two facts is the newer one, and when one changes nothing.")
    yield "Of commands the log decides; they are never late, but refused with the reason."
    yield ""
    yield from facts.facts()


def _machines() -> Iterator[str]:
    yield from ("", "## The tables", "", "A state changes by a row of these tables and by nothing else.")
    yield "Of several rows for the same state and cause, the first whose condition holds is taken."
    yield "*unchanged* leaves the state as it is; such rows are not drawn."
    for machine in MACHINES:
        yield from ("", f"### The table of the {machine.name}", "")
        yield from tables.table(machine)
        yield ""
        yield from tables.diagram(machine)


def _words() -> Iterator[str]:
    yield from ("", "## The words of the five systems", "")
    yield "What a status and a shipment are called elsewhere; `order.status` carries these words beside the hub's own."
    yield ""
    yield from words.orders()
    yield ""
    yield "Where the state alone doesn't give the word:"
    yield ""
    yield from words.instead()
    yield from ("", "Travorium's word follows the money; a cancelled order is `cancelled` there.", "")
    yield from words.money()
    yield ""
    yield from words.shipments()


def _gaps(known: Known) -> Iterator[str]:
    yield from ("", "## Rules without a test", "")
    gaps = {area: known.untested(area) for area in DUE}
    count = sum(map(len, gaps.values()))
    yield (
        f"Of an order's life, {count} rules have no test yet." if count else "Every rule of an order's life has a test."
    )
    yield f"{', '.join(LATER[:-1]).capitalize()} and {LATER[-1]} come later and are not counted here."
    for area, rules in gaps.items():
        if rules:
            yield from ("", f"**{area.capitalize()}** ({len(rules)})", "")
            yield from (f"- {rule.id}: {rule.line}" for rule in rules)
