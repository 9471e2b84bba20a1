"""Gathers the sentences of refusals, what an act is answered with and what may be done instead, as templates."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pkgutil import walk_packages
from string import Formatter
from typing import Any, Final

from pydantic_core import PydanticKnownError

from hub import desk
from hub.api.application import _OF_STATUS
from hub.api.codes import CODES, code_of
from hub.api.problems import SORTS
from hub.errors import HubError
from tests.texts.sources import At, Module, Reading, Unreadable, called_as, modules

ROOMS: Final = ("contracts", "domain", "consumers", "hub/api", "hub/desk", "adapters/webhooks")


@dataclass(frozen=True)
class Maker:
    """What makes refusals, and where its sentences stand, which may be templates as they are written.

    With a `frame` they are put into it and are one sentence.
    """

    places: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    frame: str = ""
    templates: bool = False
    rooms: tuple[str, ...] = ROOMS


MAKERS: Final[Mapping[str, Maker]] = {
    "Refusal": Maker((1, 2), ("detail", "hint")),
    "_No": Maker((1, 2), ("detail", "hint"), templates=True),
    "Problem": Maker((1, 2), ("detail", "hint")),
    "Answer": Maker(names=("detail", "hint")),
    "ActionModel": Maker(names=("why_not",)),
    "Fault": Maker((1,), ("detail", "text"), rooms=("contracts/bounds", "contracts/checks", "hub/")),
    "WebhookIsWrong": Maker((0, 1), frame="{}: {}."),
    "PolicyIsWrong": Maker((0, 1), frame="{}: {}."),
    "Forbidden": Maker((0,), frame="url: {}."),
    "ValueError": Maker((0,), frame="Value error, {}", rooms=("contracts/times", "contracts/judging")),
}
READING: Final = Reading(
    re.compile(
        r"[\w.]+\.(detail|hint|title|advice)(\.format\(.*\))?|SORTS\[code\]\.\w+|told\.get\('(detail|hint)'\)"
        r"|detail\[:LONGEST\]|str\(error\)|each\['msg'\]|text"
    )
)
"""What is passed on was made elsewhere and is gathered there, or is said by what is none of ours."""
OF_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "missing": {},
    "extra_forbidden": {},
    "string_type": {},
    "int_type": {},
    "int_parsing": {},
    "int_from_float": {},
    "bool_type": {},
    "bool_parsing": {},
    "list_type": {},
    "tuple_type": {},
    "dict_type": {},
    "datetime_type": {},
    "datetime_parsing": {"error": ""},
    "datetime_from_date_parsing": {"error": ""},
    "time_delta_parsing": {"error": ""},
    "enum": {"expected": ""},
    "literal_error": {"expected": ""},
    "string_too_short": {"min_length": 1},
    "string_too_long": {"max_length": 1},
    "string_pattern_mismatch": {"pattern": ""},
    "too_short": {"field_type": "", "min_length": 1, "actual_length": 0},
    "too_long": {"field_type": "", "max_length": 1, "actual_length": 0},
    "greater_than": {"gt": 1},
    "greater_than_equal": {"ge": 1},
    "less_than": {"lt": 1},
    "less_than_equal": {"le": 1},
}
"""The faults of single fields that pydantic tells people of, each with what its words need."""


def all_refusals() -> dict[str, str]:
    """Return every sentence, with the place where it stands first; raises Unreadable."""
    found: dict[str, str] = {}
    shapes: set[str] = set()
    for text, place in (*_of_sources(), *_of_errors(), *_of_fields()):
        told = _numbered(text)
        if re.search("[A-Za-z]", shape := _shape(told)) and shape not in shapes:
            shapes.add(shape)
            found[told] = place
    return found


def _of_sources() -> Iterator[tuple[str, str]]:
    for module in modules(*ROOMS):
        if not any(f"{name}(" in module.source for name in MAKERS):
            continue
        for call in module.calls:
            made = MAKERS.get(called_as(call))
            if made is not None and module.path.startswith(made.rooms):
                yield from ((text, module.path) for text in _of_call(module, call, made))


def _of_call(module: Module, call: ast.Call, made: Maker) -> Iterable[str]:
    try:
        return _made(module, call, made)
    except Unreadable as error:
        raise Unreadable(f"{module.path}:{call.lineno}: nobody can read here what is said: {error}") from error


def _made(module: Module, call: ast.Call, made: Maker) -> Iterable[str]:
    at = At(module, call)
    told = [call.args[place] for place in made.places if place < len(call.args)]
    told += [each.value for each in call.keywords if each.arg in made.names]
    if not made.frame:
        texts = [text for each in told for text in READING.texts(at, each)]
        return [text.format() for text in texts] if made.templates else texts
    return [made.frame.format(*each) for each in product(*(_framed(at, each) for each in told))]


def _framed(at: At, told: ast.expr) -> list[str]:
    try:
        return READING.texts(at, told)
    except Unreadable:
        return READING.put_in(at, told)


def _of_errors() -> Iterator[tuple[str, str]]:
    """What the desk says no with, as far as the API answers with it; and what the framework itself refuses."""
    for _, name, _ in walk_packages(desk.__path__, f"{desk.__name__}."):
        import_module(name)
    own = (each for each in _kinds(HubError) if each.__module__.startswith(("hub.desk.", "hub.api.")))
    for kind in sorted({*own, *CODES}, key=lambda each: (each.__module__, each.__name__)):
        if code_of(kind.__new__(kind)) is not None:
            yield " ".join((kind.__doc__ or "").split()), kind.__module__.replace(".", "/") + ".py"
    yield from ((SORTS[code].advice, "hub/api/problems.py") for code in sorted({*_OF_STATUS.values(), "malformed"}))


def _kinds(kind: type[Exception]) -> Iterator[type[Exception]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _of_fields() -> Iterator[tuple[str, str]]:
    for kind, context in OF_FIELDS.items():
        template = PydanticKnownError(kind, dict(context)).message_template  # type: ignore[arg-type]
        for plural in ("", "s"):
            yield template.replace("{expected_plural}", plural), "pydantic"


def _numbered(text: str) -> str:
    """Return a template each of whose placeholders has a name of its own."""
    told, names = "", list[str]()
    for literal, name, _, _ in Formatter().parse(text):
        told += literal.replace("{", "{{").replace("}", "}}")
        if name is not None:
            names.append(name)
            told += f"{{{name}{names.count(name) if names.count(name) > 1 else ''}}}"
    return told


def _shape(text: str) -> str:
    """Return a template without the names of its placeholders: by it two of them are the same."""
    return "\0".join(literal for literal, _, _, _ in Formatter().parse(text))
