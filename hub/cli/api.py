"""`hub api` and `hub openapi`: the HTTP API as a process, and its description."""

import json

import typer

from hub.api import serving
from hub.api.application import application
from hub.cli.opening import servers_of
from hub.cli.options import Data
from hub.settings import Settings


def api(data: Data = None) -> None:
    """Run the HTTP API on the named servers, until SIGTERM."""
    serving.run(servers_of(data))


def openapi() -> None:
    """Print the OpenAPI document of the HTTP API."""
    typer.echo(json.dumps(application(Settings()).openapi(), indent=2, ensure_ascii=False))
