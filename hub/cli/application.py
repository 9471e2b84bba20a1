"""The command line: `hub <noun> <verb>`; results on stdout, everything else on stderr, exit codes as documented."""

import errno
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Final

import typer
from rich.text import Text

from hub.cli import (
    api,
    attention,
    checks,
    contracts,
    database,
    demo,
    failed,
    gateway,
    health,
    listing,
    notes,
    operations,
    orders,
    partners,
    processes,
    proof,
    replays,
    shards,
    tokens,
    topics,
    views,
    what_if,
    word_lists,
)
from hub.cli.exits import INTERRUPTED, OF_KIND
from hub.cli.output import err
from hub.errors import KINDS, SERVER_ERRORS, kind_of

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help=__doc__)
COMMANDS: Final = MappingProxyType[str, Callable[..., None]](
    {
        "demo": demo.demo,
        "up": processes.up,
        "run": processes.run,
        "api": api.api,
        "openapi": api.openapi,
        "project": processes.project,
        "simulate": demo.simulate,
        "check": checks.check,
        "verify": proof.verify,
        "attention": attention.attention,
        "replay": replays.replay,
        "what-if": what_if.what_if,
        "health": health.health,
        "operations": operations.operations,
    }
)
"""What stands by itself, without a noun."""
NOUNS: Final = MappingProxyType[str, typer.Typer](
    {
        "db": database.app,
        "topics": topics.app,
        "order": orders.app,
        "wordlist": word_lists.app,
        "listing": listing.app,
        "shard": shards.app,
        "gateway": gateway.app,
        "token": tokens.app,
        "partner": partners.app,
        "note": notes.app,
        "view": views.app,
        "failed": failed.app,
        "operation": operations.app,
        "contracts": contracts.app,
    }
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
for _name, _noun in NOUNS.items():
    app.add_typer(_noun, name=_name)


OF_FILES: Final = frozenset({errno.ENOENT, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})
"""What goes wrong with files of this machine; no server's silence is told by these."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hub {version('fulfilment-hub')}")
        raise typer.Exit


@app.callback()
def common(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A message-driven fulfilment hub; every command has --help."""


def main() -> None:
    """Run the command line; every failure is a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        app(standalone_mode=True)
    except tuple(KINDS) as error:
        err.print(Text.assemble(("Error:", "red"), f" {_sentence(error)}"), soft_wrap=True)
        sys.exit(OF_KIND[kind_of(error)])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _sentence(error: Exception) -> str:
    """Return what a person is told: errors of the hub are sentences, those of a server's client are not."""
    if not isinstance(error, SERVER_ERRORS):
        return str(error)
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, OSError) and (error.errno in OF_FILES or error.filename is not None):
        return f"this machine can't do it: {reason}. Look at its disk and folders; TMPDIR names the temporary one."
    return f"a server did not answer: {reason}. Run `hub check`."


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
