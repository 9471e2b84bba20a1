"""`hub check`: settings, database, migrations, Kafka, topics, contracts and shards; one line each."""

from collections.abc import Sequence

import typer

from hub.cli.exits import FAILED
from hub.cli.opening import desk_on, read_settings
from hub.cli.options import AsJson, Data
from hub.cli.output import say
from hub.desk import checks
from hub.desk.checks import Check
from hub.errors import HubError
from hub.servers import attached
from hub.settings import Settings


def check(as_json: AsJson = False, data: Data = None) -> None:
    """Check settings, database, migrations, Kafka, topics and contracts: one line each."""
    settings = read_settings(data)
    results = [*checks.offline(), *_of_servers(settings)]
    say(results, as_json=as_json, text=lambda found: "\n".join(map(_line, found)))
    if not all(result.ok for result in results):
        raise typer.Exit(FAILED)


def _of_servers(settings: Settings) -> Sequence[Check]:
    try:
        servers = attached(settings)
    except HubError as error:
        return [Check("servers", False, str(error))]
    return desk_on(servers, checks.online)


def _line(result: Check) -> str:
    return f"{'ok    ' if result.ok else 'FAILED'}  {result.name}: {result.detail}"
