"""Options that many commands share, each said once; those of an act become one value."""

import functools
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.desk.operations import Act

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout.")]
Data = Annotated[Path | None, typer.Option("--data", help="The folder of the embedded servers.", envvar="HUB_DATA")]
Partition = Annotated[int | None, typer.Option("--partition", help="Only this partition.")]
Why = Annotated[str, typer.Option("--why", help="Why; it is written down.", show_default=False)]
Who = Annotated[str, typer.Option("--who", help="Who; you, as this machine knows you, if not said.")]
Key = Annotated[str, typer.Option("--key", help="The same key is the same operation: asked again, it changes nothing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")]
_LAST: Final = ("no_wait", "patience", "as_json", "data")
"""Options that say how to answer: they come behind all others."""


def operator(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an operator's options, which it gets as one `act`.

    --why stands in its place, --who, --key and --dry-run behind what the command itself asks for.
    """

    @functools.wraps(command)
    def run(*, why: str, who: str, key: str, dry_run: bool, **own: object) -> None:
        command(act=Act(why, who, key, dry_run), **own)

    signature = inspect.signature(command, eval_str=True)
    own = [_option("why", Why) if each.name == "act" else _named(each) for each in signature.parameters.values()]
    last = next(place for place, each in enumerate(own) if each.name in _LAST)
    shared = [_option("who", Who, ""), _option("key", Key, ""), _option("dry_run", DryRun, False)]
    vars(run)["__signature__"] = signature.replace(parameters=[*own[:last], *shared, *own[last:]])
    return run


def _option(name: str, annotation: object, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _named(parameter: inspect.Parameter) -> inspect.Parameter:
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)


def utc(at: datetime) -> datetime:
    """Return a time that was given without a zone as UTC."""
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
