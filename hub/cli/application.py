"""The command line: `hub <noun> <verb>`; results on stdout, everything else on stderr, exit codes as documented."""

import errno
import signal
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Final

import typer
from rich.text import Text

from hub.cli.exits import INTERRUPTED, OF_KIND
from hub.cli.output import err
from hub.errors import KINDS, SERVER_ERRORS, kind_of

COMMANDS: Final = MappingProxyType(
    {
        "demo": "demo:demo",
        "up": "processes:up",
        "run": "processes:run",
        "api": "api:api",
        "openapi": "api:openapi",
        "project": "processes:project",
        "simulate": "demo:simulate",
        "check": "checks:check",
        "verify": "proof:verify",
        "attention": "attention:attention",
        "replay": "replays:replay",
        "what-if": "what_if:what_if",
        "health": "health:health",
        "operations": "operations:operations",
    }
)
"""What stands by itself, without a noun: the module here and the function in it."""
NOUNS: Final = MappingProxyType(
    {
        "db": "database",
        "topics": "topics",
        "acl": "acl",
        "order": "orders",
        "wordlist": "word_lists",
        "listing": "listing",
        "shard": "shards",
        "gateway": "gateway",
        "token": "tokens",
        "partner": "partners",
        "note": "notes",
        "view": "views",
        "failed": "failed",
        "operation": "operations",
        "contracts": "contracts",
    }
)
"""The nouns, each the module here whose `app` has its verbs."""


OF_FILES: Final = frozenset({errno.ENOENT, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})
"""What goes wrong with files of this machine; no server's silence is told by these."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hub {version('fulfilment-hub')}")
        raise typer.Exit


def common(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A message-driven fulfilment hub; every command has --help."""


def application(names: Iterable[str] = (*COMMANDS, *NOUNS)) -> typer.Typer:
    """Return the command line with these commands and nouns."""
    app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help=__doc__)
    app.callback()(common)
    for name in names:
        if name in COMMANDS:
            module, function = COMMANDS[name].split(":")
            app.command(name)(getattr(import_module(f"hub.cli.{module}"), function))
        else:
            app.add_typer(import_module(f"hub.cli.{NOUNS[name]}").app, name=name)
    return app


def wanted(arguments: Sequence[str]) -> Iterable[str]:
    """Return which commands and nouns a command line needs: the one that it begins with, else all of them.

    Each process of the hub is started by it: what it doesn't need costs seconds of CPU to import.
    """
    if arguments[:1] == ["--version"]:
        return ()
    named = [each for each in arguments[:1] if each in COMMANDS or each in NOUNS]
    return named or (*COMMANDS, *NOUNS)


def main() -> None:
    """Run the command line; every failure is a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        application(wanted(sys.argv[1:]))(standalone_mode=True)
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
