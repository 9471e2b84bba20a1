"""`hub view erase`: saved filters that mention somebody who is to be forgotten."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from hub.cli.display import add, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, operator
from hub.cli.output import say
from hub.desk import views
from hub.desk.operations import Act
from hub.desk.views import View

app = typer.Typer(no_args_is_help=True, help="Saved filters of the API.")


@app.callback()
def saved() -> None:
    """Saved filters of the API."""


@app.command("erase")
@operator
def erase(
    text: Annotated[str, typer.Argument(help="An e-mail address, telephone number or name; it is not written down.")],
    act: Act,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Erase the saved filters that mention somebody, whosever they are."""
    gone = at_desk(data, lambda desk: views.erase(desk, act, text))
    say(gone, as_json=as_json, text=lambda found: _told(found, dry_run=act.dry_run), document=_document)


def _document(gone: Sequence[View]) -> object:
    return [{"id": each.id, "owner": each.owner, "list": each.list} for each in gone]


def _told(gone: Sequence[View], *, dry_run: bool) -> Table | str:
    if not gone:
        return "No saved filter mentions that."
    table = titled("Would be erased" if dry_run else "Erased", "view", "owner", "list")
    for each in gone:
        add(table, each.id, each.owner_name, each.list)
    return table
