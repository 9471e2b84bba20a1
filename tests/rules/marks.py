"""Marks: which tests say `@pytest.mark.rule` of which rule, told by pytest itself, so that every way to mark counts."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.rules.catalogue import ROOT


class CollectionFailed(Exception):
    """The tests can't be collected, so nobody knows their marks. Mend this first:\n{output}"""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.output = output

    def __str__(self) -> str:
        return (self.__doc__ or "").format(output=self.output)


@dataclass(frozen=True, slots=True)
class Marked:
    """One test, or one case of a parametrized test, and the rules it names."""

    node: str
    rules: tuple[str, ...]

    @property
    def file(self) -> str:
        return self.node.split("::")[0]

    @property
    def function(self) -> str:
        return self.node.split("[")[0]

    @property
    def sentence(self) -> str:
        return self.function.split("::")[-1].removeprefix("test_").replace("_", " ")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--marks-to", type=Path, help="write the rules of every test to this file")


def pytest_collection_finish(session: pytest.Session) -> None:
    target: Path = session.config.getoption("--marks-to")
    target.write_text(json.dumps([(item.nodeid, named(item)) for item in session.items]))


def named(item: pytest.Item) -> list[str]:
    """Return the rules of a test's marks, those of its case, its class and its module included."""
    return sorted({str(rule) for mark in item.iter_markers("rule") for rule in mark.args})


def collected(*folders: Path) -> tuple[Marked, ...]:
    """Return every marked test below the folders, in pytest's order; nothing is run."""
    with TemporaryDirectory() as place:
        told = Path(place) / "marks.json"
        options = ["--collect-only", "-q", "-p", "no:cacheprovider", "-p", __name__, "--marks-to", str(told)]
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *map(str, folders or [ROOT / "tests"])],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise CollectionFailed(ended.stdout[-2000:] + ended.stderr[-2000:])
        found = (Marked(node, tuple(rules)) for node, rules in json.loads(told.read_text()))
        return tuple(test for test in found if test.rules)


def by_rule(tests: Iterable[Marked]) -> Mapping[str, tuple[Marked, ...]]:
    """Return the tests of each rule."""
    found: dict[str, tuple[Marked, ...]] = {}
    for test in tests:
        for rule in test.rules:
            found[rule] = (*found.get(rule, ()), test)
    return found
