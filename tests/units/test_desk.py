"""The desk's surface: whoever shows it needs to know nothing of rows, and can change nothing that came back."""

import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from types import FunctionType, ModuleType

import pytest

from hub import desk
from hub.cli.exits import OF_KIND
from hub.errors import ErrorKind

NAMES = [each.name for each in pkgutil.iter_modules(desk.__path__) if each.name != "resources"]
"""What a desk works with is no value of its own."""
MODULES = [import_module(f"hub.desk.{name}") for name in NAMES]

every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)


def functions(module: ModuleType) -> Iterator[FunctionType]:
    """Yield the functions that a module shows."""
    for name, item in vars(module).items():
        if isinstance(item, FunctionType) and item.__module__ == module.__name__ and not name.startswith("_"):
            yield item


def values(module: ModuleType) -> Iterator[type]:
    """Yield the values that a module shows, those that it passes on among them."""
    for name, item in vars(module).items():
        if isinstance(item, type) and is_dataclass(item) and not name.startswith("_"):
            yield item


@every_module
def test_what_goes_in_and_comes_out_has_a_type_of_its_own(module: ModuleType) -> None:
    loose = [each.__name__ for each in functions(module) if "Any" in str(inspect.signature(each))]
    loose += [each.__name__ for each in values(module) if "Any" in str(inspect.get_annotations(each))]

    assert loose == []


@every_module
def test_what_comes_out_is_frozen(module: ModuleType) -> None:
    loose = [each.__name__ for each in values(module) if not vars(each)["__dataclass_params__"].frozen]

    assert loose == []


def test_every_kind_of_failure_has_an_exit_code() -> None:
    assert set(OF_KIND) == set(ErrorKind)
