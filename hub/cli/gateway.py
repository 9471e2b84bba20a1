"""`hub gateway …`: run the payment gateway, list what is in doubt, compare both books; deliver webhooks."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from hub import gateway as process
from hub import gateways as parties
from hub import webhooks as deliverer
from hub.cli.display import add, moment_this_year, titled
from hub.cli.exits import FAILED
from hub.cli.opening import at_desk, read_settings
from hub.cli.options import AsJson, Data, operator
from hub.cli.output import say, say_changed
from hub.desk import gateway
from hub.desk.gateway import OpenCall, Reconciliation
from hub.desk.operations import Act
from hub.servers import attached

app = typer.Typer(no_args_is_help=True, help="The payment gateway, for a provider that speaks HTTP, and webhooks.")


@app.command("payments")
def payments(data: Data = None) -> None:
    """Run one process of the payment gateway, until SIGTERM; start more of them to share the work."""
    settings = read_settings(data)
    process.provider_of(settings.gateway)
    process.run(attached(settings))


@app.command("webhooks")
def webhooks(data: Data = None) -> None:
    """Run one process that delivers webhooks, until SIGTERM; start more of them to share the work."""
    deliverer.run(attached(read_settings(data)))


@app.command("ask")
def ask(
    party: Annotated[str, typer.Argument(help="Which party; docs/howto/add-a-gateway.md says how to add one.")],
    data: Data = None,
) -> None:
    """Run one process that asks a party over HTTP what the hub wants to know, until SIGTERM."""
    parties.run(attached(read_settings(data)), party)


@app.command("list")
def list_open(
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only calls whose outcome is unknown, given up or unreadable.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many calls at most.")] = 200,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Print the calls to the payment provider that are not answered yet, the oldest first."""
    calls = at_desk(data, lambda desk: gateway.open_calls(desk, only_unknown=unknown, limit=limit))
    say(calls, as_json=as_json, text=calls_table)


def calls_table(calls: Sequence[OpenCall]) -> Table | str:
    """Return the calls, for people."""
    if not calls:
        return "No call is open."
    table = titled(
        "", "since (UTC)", "request", "order", "call", "amount", "state", "sent", "in doubt", "next (UTC)", "because"
    )
    for call in calls:
        since, then = moment_this_year(call.received_at), moment_this_year(call.next_at)
        about = (call.order_id, call.kind, f"{call.amount} {call.currency}", call.state, call.attempts, call.doubts)
        add(table, since, call.request_id, *about, then, call.last_error)
    return table


@app.command("retry")
@operator
def retry(request_id: str, act: Act, data: Data = None) -> None:
    """Have a call that is in doubt or given up looked at now, instead of at its next try."""
    done = at_desk(data, lambda desk: gateway.ask_now(desk, act, request_id))
    say_changed(done, act, f"The provider is asked about {request_id} now", f"no call {request_id} is open")


@app.command("dismiss")
@operator
def dismiss(request_id: str, act: Act, data: Data = None) -> None:
    """Be done with a request that can't be read, or that the hub did not write; nothing is called for it."""
    done = at_desk(data, lambda desk: gateway.dismiss(desk, act, request_id))
    say_changed(done, act, f"{request_id} is dismissed", f"no request {request_id} waits to be dismissed")


@app.command("reconcile")
def reconcile(as_json: AsJson = False, data: Data = None) -> None:
    """Compare the provider's books with the hub's, to the cent; exit code 1 and the differences otherwise."""
    result = at_desk(data, gateway.reconcile)
    say(result, as_json=as_json, text=_books, document=Reconciliation.to_json)
    if result.differences:
        raise typer.Exit(FAILED)


def _books(result: Reconciliation) -> Group:
    """Return the comparison for people; amounts in minor units."""
    sums = titled("Both books, in minor units", "currency", "", "provider", "hub")
    for currency in sorted(result.provider.keys() | result.hub.keys()):
        theirs, ours = result.provider.get(currency, {}), result.hub.get(currency, {})
        for what in ("captured", "refunded", "held"):
            add(sums, currency, what, theirs.get(what, 0), ours.get(what, 0))
    parts: list[RenderableType] = [sums]
    for title, rows in (("Differences", result.differences), ("While a call is open", result.in_motion)):
        if rows:
            table = titled(title, "order", "payment", "what", "provider", "hub")
            for row in rows:
                add(table, row.order_id, row.payment_id, row.what, row.provider, row.hub)
            parts.append(table)
    verdict = "differ" if result.differences else "agree"
    return Group(*parts, f"{result.payments} payments: the books {verdict}.")
