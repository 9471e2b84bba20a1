"""`hub run`, `hub project` and `hub up`: processes of the hub, on named servers or on embedded ones."""

from typing import Annotated

import typer

from hub import app as hub_app
from hub import log, projection
from hub import up as hub_up
from hub.cli.opening import read_settings, servers_of
from hub.cli.options import Data
from hub.cli.output import err


def up(
    data: Data = None,
    processes: Annotated[int, typer.Option(min=0, max=16, help="How many hub processes; 0: the servers alone.")] = 1,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the console in a browser.")] = False,
) -> None:
    """Run embedded servers, the hub, its API, console and webhooks until Ctrl-C, and say where everything is."""
    log.configure("warning")
    hub_up.run(read_settings(data), processes, err, open_browser=open_browser)


def run(data: Data = None) -> None:
    """Run one hub process on the named servers, until SIGTERM."""
    hub_app.run(servers_of(data))


def project(data: Data = None) -> None:
    """Run one process that keeps the listing, which lists and search read, until SIGTERM."""
    projection.run(servers_of(data))
