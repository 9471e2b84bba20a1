"""What every command shares: settings read or refused, work run, results for programs or people."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from hub.display import shown
from hub.errors import NotUsable
from hub.settings import Settings, unknown_names

err = Console(stderr=True)
# What is piped to a file or another program isn't cut to the width of a terminal that isn't there.
out = Console(width=None if sys.stdout.isatty() else 160)
T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout.")]
Data = Annotated[Path | None, typer.Option("--data", help="The folder of the embedded servers.", envvar="HUB_DATA")]
Why = Annotated[str, typer.Option("--why", help="Why; it is written down.", show_default=False)]
Who = Annotated[str, typer.Option("--who", help="Who; you, as this machine knows you, if not said.")]
Key = Annotated[str, typer.Option("--key", help="The same key is the same operation: asked again, it changes nothing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")]


def read_settings(data: Path | None = None) -> Settings:
    """Return the settings of the environment; raises NotUsable."""
    try:
        settings = Settings()
        unknown = [*unknown_names(os.environ), *settings.unknown_policy()]
        if unknown:
            raise NotUsable(f"no setting is called {', '.join(unknown)}; docs/settings.md lists them")
        settings.domain_policy()
    except ValidationError as error:
        faults = "; ".join(f"HUB_{'__'.join(map(str, f['loc'])).upper()}: {f['msg']}" for f in error.errors())
        raise NotUsable(faults) from error
    return settings if data is None else settings.model_copy(update={"data": data})


def utc(at: datetime | None) -> datetime | None:
    """Return a time that was given without a zone as UTC."""
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC)


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run one command's work."""
    return asyncio.run(work)


def say(result: Any, *, as_json: bool, text: Callable[[Any], object]) -> None:
    """Print a result for a program or for a person."""
    if as_json:
        typer.echo(json.dumps(result, default=_plain))
    else:
        told = text(result)
        out.print(shown(told) if isinstance(told, str) else told, soft_wrap=True)


def _plain(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
