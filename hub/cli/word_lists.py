"""`hub wordlist`: the words that people can choose from."""

from collections.abc import Sequence

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from contracts.catalogue import Entry
from hub.cli.display import add, moment, shown, titled
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.orders import asides, timeline
from hub.cli.output import say
from hub.desk import word_lists
from hub.desk.word_lists import ListRow, WordListView

app = typer.Typer(no_args_is_help=True, help="Word lists.")


@app.command("list")
def list_(as_json: AsJson = False, data: Data = None) -> None:
    """Print every list: its version, how many words can be chosen, and how many can't any more."""
    say(at_desk(data, word_lists.lists), as_json=as_json, text=_rows)


@app.command("show")
def show(name: str, as_json: AsJson = False, data: Data = None) -> None:
    """Print a list: its words, those that can't be chosen any more, and who changed it when."""
    say(at_desk(data, lambda desk: word_lists.show(desk, name)), as_json=as_json, text=told)


def _rows(rows: Sequence[ListRow]) -> Table:
    table = titled("Word lists", "list", "version", "words", "retired", "changed (UTC)")
    for row in rows:
        add(table, row.name, row.version, row.entries, row.retired, row.changed_at and moment(row.changed_at))
    return table


def told(view: WordListView) -> Group:
    """Return a list, for people."""
    parts: list[RenderableType] = [shown(f"{view.name}  (version {view.version}, shard {view.shard})", "bold")]
    parts.append(_words("Words", view.entries) if view.entries else shown("No word can be chosen."))
    if view.retired:
        parts.append(_words("Retired: readable, can't be chosen", view.retired))
    parts.append(timeline(view.timeline))
    if view.set_aside:
        parts.append(asides(view.set_aside))
    return Group(*parts)


def _words(title: str, words: Sequence[Entry]) -> Table:
    table = titled(title, "code", "labels", "under")
    for word in words:
        add(table, word.code, ", ".join(f"{label.locale}: {label.text}" for label in word.labels), word.parent)
    return table
