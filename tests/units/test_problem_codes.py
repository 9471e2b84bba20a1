"""What the desk says no with has a problem over HTTP, whether somebody thought of it or not."""

import pkgutil
from importlib import import_module

import pytest

from hub import desk
from hub.api.codes import CODES, OF_KIND, code_of
from hub.api.problems import SORTS
from hub.errors import HubError

_MODULES = [import_module(each.name) for each in pkgutil.walk_packages(desk.__path__, "hub.desk.")]
ERRORS = sorted(
    {
        item
        for module in _MODULES
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, HubError) and item.__module__.startswith("hub.desk")
    },
    key=lambda each: (each.__module__, each.__name__),
)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_of_the_desk_is_never_told_as_a_bug(kind: type[HubError]) -> None:
    code = code_of(kind.__new__(kind))

    assert code is not None
    assert SORTS[code].status != 500


def test_every_code_has_its_page() -> None:
    assert {*CODES.values(), *OF_KIND.values()} <= SORTS.keys()
