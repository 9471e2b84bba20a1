"""`hub listing …`: what lists and search read: how current it is, built anew, checked and mended."""

from typing import Annotated

import typer
from rich.console import Group, RenderableType

from hub.cli.display import add, moment, shown, titled
from hub.cli.exits import FAILED
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data, operator
from hub.cli.output import say, say_changed
from hub.desk import listing
from hub.desk.listing import Checked, ListingView, Standing, State
from hub.desk.operations import Act

app = typer.Typer(no_args_is_help=True, help="The listing that lists and search read.")
SHOWN = 50


@app.command("show")
def show(as_json: AsJson = False, data: Data = None) -> None:
    """Print how far the listing follows the orders, when it was built, and what its last check found."""
    say(at_desk(data, listing.show), as_json=as_json, text=_told)


@app.command("rebuild")
@operator
def rebuild(act: Act, data: Data = None) -> None:
    """Have the projectors build the listing anew; lists work meanwhile, and say that they do."""
    done = at_desk(data, lambda desk: listing.rebuild(desk, act))
    say_changed(done, act, "It is being built as soon as a projector runs", "newer code keeps the listing: use that")


@app.command("check")
def check(
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="Only so many orders, drawn at random.")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="Write anew from the orders what differs.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Compare the listing with the orders; exit code 1 where it differs and is not mended."""
    found = at_desk(data, lambda desk: listing.check(desk, sample, mend=mend))
    say(found, as_json=as_json, text=_checked)
    if len(found.differences) > found.mended:
        raise typer.Exit(FAILED)


def current(standing: Standing) -> str:
    """Return in a sentence how current a list is."""
    if standing.state is State.BUILDING:
        return f"The listing is being built, {standing.percent} % are done; orders may be missing."
    if standing.state is State.BEHIND:
        return f"The listing is {standing.behind_seconds:.0f} s behind: does hub project run?"
    return "The listing is current."


def _told(view: ListingView) -> Group:
    parts: list[RenderableType] = [current(view.standing)]
    if view.built_at is not None:
        parts.append(f"Built in form {view.form}: {moment(view.built_at)} UTC")
    if view.checked_at is not None:
        parts.append(f"Checked: {moment(view.checked_at)} UTC, {view.differences} differences")
    return Group(*parts)


def _checked(found: Checked) -> Group:
    mended = f", {found.mended} mended" if found.mended else ""
    counted = f"{found.checked} orders compared, {len(found.differences)} differ{mended}"
    parts: list[RenderableType] = [shown(f"{counted}; of {found.behind} news are on their way.")]
    if found.differences:
        table = titled("", "order", "in the listing it")
        for each in found.differences[:SHOWN]:
            add(table, each.order_id, _IS.get(each.what, each.what))
        parts.append(table)
    return Group(*parts)


_IS = {"missing": "is missing", "extra": "is too much", "differs": "differs"}
