"""How results are shown: for a program as one JSON value, for a person as text or tables."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Final, TypeVar

import typer
from rich.console import Console, RenderableType

from contracts.values import Value, asdict
from hub.cli.display import shown
from hub.desk.operations import Act
from hub.errors import NotUsable

err: Final = Console(stderr=True)
# What is piped to a file or another program isn't cut to the width of a terminal that isn't there.
out: Final = Console(width=None if sys.stdout.isatty() else 160)
T = TypeVar("T")


def say(
    result: T,
    *,
    as_json: bool,
    text: Callable[[T], RenderableType],
    document: Callable[[T], object] = lambda result: result,
) -> None:
    """Print a result for a program or for a person; `document` names its fields where JSON has other names for them."""
    if as_json:
        typer.echo(json.dumps(document(result), default=_plain))
    else:
        told = text(result)
        out.print(shown(told) if isinstance(told, str) else told, soft_wrap=True)


def listed(lines: Iterable[str]) -> str:
    """Return what is to be done or was, a line each; or that there is nothing."""
    return "\n".join(lines) or "Nothing to do."


def document_of(value: object) -> dict[str, object]:
    """Return the fields of a frozen value by their names."""
    if isinstance(value, Value):
        return asdict(value)
    assert is_dataclass(value)
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _plain(value: object) -> object:
    if is_dataclass(value) or isinstance(value, Value):
        return document_of(value)
    if isinstance(value, Mapping):
        return dict(value)
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def say_changed(done: object, act: Act, what: str, otherwise: str) -> None:
    """Say what was changed; raises NotUsable with `otherwise` where there was nothing to change."""
    if not done and not act.dry_run:
        raise NotUsable(otherwise)
    out.print("Nothing was done: a dry run." if act.dry_run else f"{what}.", highlight=False)
