"""What the desk says no with has a problem over HTTP, whether somebody thought of it or not."""

import pkgutil
from importlib import import_module

import pytest

from hub import desk
from hub.api.codes import CODES, OF_KIND, code_of
from hub.api.problems import SORTS
from hub.desk.errors import DatabaseIsNoCopy, OffsetsAreForeign, RecordIsClosed, ShardIsNotStopped
from hub.desk.views import ViewIsTaken
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


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ShardIsNotStopped(3), "not_stopped"),
        (OffsetsAreForeign(), "other_accident"),
        (DatabaseIsNoCopy(3), "other_accident"),
        (RecordIsClosed(3, "applied"), "conflict"),
        (ViewIsTaken("late"), "conflict"),
    ],
)
def test_what_does_not_fit_how_things_stand_says_what_it_is(error: HubError, code: str) -> None:
    assert (code_of(error), SORTS[code].status) == (code, 409)


def test_every_code_has_its_page() -> None:
    assert {*CODES.values(), *OF_KIND.values()} <= SORTS.keys()
