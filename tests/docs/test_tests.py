"""The tests themselves: none imports from another; those of the domain share two things, a story and the world."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import lanes

TESTS = Path(__file__).parents[1]
MODULES = sorted(TESTS.rglob("*.py"))
SHARED = ("tests.domain.story", "tests.domain.world")


def imported(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Yield line and full name of all that a module of this package imports, the names in `from … import` too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def of_tests(name: str) -> bool:
    """Tell whether a full name leads into a test module."""
    parts = name.split(".")
    return parts[0] == "tests" and any(part.startswith("test_") for part in parts)


def inside(name: str) -> str:
    """The shared package into whose modules a name leads, past what the package itself offers."""
    module = name.rpartition(".")[0]
    return next((package for package in SHARED if module.startswith(f"{package}.")), "")


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(TESTS.parent).parent.parts)


def test_no_test_imports_from_another_test_module() -> None:
    found = [
        f"{path.relative_to(TESTS.parent)}:{line} imports {name}"
        for path in MODULES
        for line, name in imported(path.read_text(encoding="utf-8"), package_of(path))
        if of_tests(name)
    ]

    assert not found, (
        "; ".join(found) + ": move what both need to a module beside them that is no test, or in tests/domain to "
        "its package `story` or `world` (tests/domain/README.md)"
    )


def test_the_helpers_of_the_domains_tests_are_two_packages_and_nobody_reaches_into_them() -> None:
    beside = {path.stem for path in (TESTS / "domain").glob("*.py") if not path.stem.startswith("test_")}
    reaching = [
        f"{path.relative_to(TESTS.parent)}:{line} imports {name}"
        for path in MODULES
        for line, name in imported(path.read_text(encoding="utf-8"), package_of(path))
        if inside(name) not in ("", package_of(path))
    ]

    assert beside == {"__init__"}, "what tests of the domain share is in tests/domain/story or tests/domain/world"
    assert not reaching, "; ".join(reaching) + ": import it from the package, which says in `__all__` what is for tests"


@pytest.mark.parametrize(
    "line",
    [
        "from tests.domain.test_rules import alerts",
        "from tests.domain import test_rules",
        "import tests.domain.test_rules",
        "from .test_rules import alerts",
        "from . import test_rules",
        "from ..domain.test_rules import alerts",
    ],
)
def test_an_import_from_a_test_module_is_found_however_it_is_written(line: str) -> None:
    assert [of_tests(name) for _, name in imported(line, "tests.domain")] == [True]


@pytest.mark.parametrize("line", ["from tests.domain.world import line", "from hypothesis import test_x", "import ast"])
def test_other_imports_are_left_alone(line: str) -> None:
    assert not any(of_tests(name) or inside(name) for _, name in imported(line, "tests.domain"))


def test_what_is_said_to_take_long_is_there_and_named_once() -> None:
    assert not [each for each in lanes.LONG if not (TESTS / each).exists()]
    assert list(lanes.LONG) == sorted(set(lanes.LONG))


def test_each_test_module_is_in_one_lane_and_both_have_some() -> None:
    modules = [path for path in MODULES if path.name.startswith("test_")]
    long = [path for path in modules if lanes.takes_long(path)]

    assert TESTS / "e2e" / "test_demo.py" in long
    assert TESTS / "domain" / "test_gates.py" not in long
    assert len(long) < len(modules) / 2
