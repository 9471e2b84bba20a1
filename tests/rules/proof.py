"""The proof of the marks: without a rule, every test that carries its mark fails."""

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from io import StringIO
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.rules.catalogue import ROOT
from tests.rules.marks import Marked, by_rule, collected
from tests.rules.switches import switches

FOLDER: Final = ROOT / "tests" / "domain"
_OPTIONS: Final = ("-q", "--assert=plain", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "--timeout=60")
_HEAVY: Final = ["pytest", "hypothesis", "domain.orders.decide", "adapters.embedded"]
"""Imported once, before the processes of the single rules branch off."""
_SEARCH: Final = settings(
    phases=(Phase.explicit, Phase.generate),  # one failing example is enough: none is shrunk or kept
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=tuple(HealthCheck),  # a rule that is gone may leave few examples; that is no failure
)
_TOLD: Final = 5
"""So many tests are named of those that keep passing without their rule."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of tests: the rule that was taken out, if any, and who passed and who failed."""

    rule: str | None
    passed: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(slots=True)
class _Without:
    """A pytest plugin: it keeps the tests that carry a mark, and takes the mark's rule out before they run."""

    rule: str | None
    tests: frozenset[str]
    failed: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.tests]

    def pytest_collection_finish(self) -> None:
        """Take the rule out now: the tests' own tables of cases were made with it."""
        for switch in switches(self.rule) if self.rule else []:
            switch()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.add(report.nodeid)


def run(rule: str | None, tests: tuple[Marked, ...]) -> Run:
    """Run these tests, without this rule; needs a process of its own."""
    settings.register_profile("proof", _SEARCH)
    settings.load_profile("proof")
    plugin = _Without(rule, frozenset(test.node for test in tests))
    files = sorted({test.file for test in tests})
    os.chdir(ROOT)
    with contextlib.redirect_stdout(StringIO()), contextlib.redirect_stderr(StringIO()):
        pytest.main([*_OPTIONS, *files], plugins=[plugin])
    return Run(rule, tuple(sorted(plugin.passed - plugin.failed)), tuple(sorted(plugin.failed)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a rule's marks; `kept` are the tests that did not fail without it."""

    rule: str
    tests: int
    kept: tuple[str, ...] = ()
    provable: bool = True

    @property
    def words(self) -> str:
        if not self.provable:
            return "not a row"
        return f"NOT EARNED by {len(self.kept)}" if self.kept else "earned"

    @property
    def complaints(self) -> list[str]:
        """Sentences that name the tests to look at, the first few of them."""
        told = [f"{node} does not fail without {self.rule}" for node in self.kept[:_TOLD]]
        return [*told, f"… nor do {len(self.kept) - _TOLD} others"] if len(self.kept) > _TOLD else told


def prove(wanted: frozenset[str] = frozenset()) -> int:
    """Print a line per rule that tests in `tests/domain` name; returns 1 unless every mark of a row is earned."""
    named = by_rule(collected(FOLDER))
    marked = {rule: named[rule] for rule in sorted(named) if not wanted or rule in wanted}
    branching = multiprocessing.get_context("forkserver")
    branching.set_forkserver_preload(_HEAVY)
    verdicts: list[Verdict] = []
    with ProcessPoolExecutor(mp_context=branching, max_tasks_per_child=1) as processes:
        broken = _broken(processes, {rule: tests for rule, tests in marked.items() if switches(rule)})
        if broken:
            return _told([f"{node} fails with every rule in place" for node in broken])
        _say("rule    tests   verdict")
        for verdict in judged(processes, marked):
            verdicts.append(verdict)
            _say(f"{verdict.rule:<8}{verdict.tests:>5}   {verdict.words}")
    unknown = [f"{rule} is the mark of no test in tests/domain" for rule in sorted(wanted - marked.keys())]
    return _told([sentence for verdict in verdicts for sentence in verdict.complaints] + unknown)


def _broken(processes: Executor, marked: Mapping[str, tuple[Marked, ...]]) -> list[str]:
    """Return the tests that fail even with every rule: their failing without one would prove nothing."""
    tests = tuple({test.node: test for tests in marked.values() for test in tests}.values())
    whole = processes.submit(run, None, tests).result() if tests else Run(None, (), ())
    return sorted({test.node for test in tests} - set(whole.passed))


def judged(processes: Executor, marked: Mapping[str, tuple[Marked, ...]]) -> Iterator[Verdict]:
    """Yield a verdict for each rule, in order, as they become known."""
    runs = {rule: processes.submit(run, rule, tests) for rule, tests in marked.items() if switches(rule)}
    for rule, tests in marked.items():
        if rule in runs:
            kept = {test.node for test in tests} - set(runs[rule].result().failed)
            yield Verdict(rule, len(tests), tuple(sorted(kept)))
        else:
            yield Verdict(rule, len(tests), provable=False)


def _told(wrong: list[str]) -> int:
    for sentence in wrong:
        sys.stderr.write(f"{sentence}\n")
    if not wrong:
        _say("every mark of a row is earned")
    return 1 if wrong else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
