"""`hub gateway …`: run the payment gateway, list what is in doubt, reconcile the provider's books with the hub's."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table

from adapters.payments import reconciliation
from adapters.payments.client import NeverLeft, NoAnswer
from adapters.payments.reconciliation import LedgerIsUnreadable, Reconciliation
from adapters.postgres import gateway_calls, reads
from domain.deciding import codec
from hub.display import add, titled
from hub.errors import ServerIsAway
from hub.gateway import provider_of
from hub.settings import Settings
from hub.wiring import engine_of


async def listing(settings: Settings, *, only_unknown: bool, limit: int = 200) -> list[dict[str, Any]]:
    """Return the calls that are open, or only those that a person should look at."""
    engine = engine_of(settings)
    try:
        return await gateway_calls.listing(engine, only_unknown=only_unknown, limit=limit)
    finally:
        await engine.dispose()


def calls_table(rows: Sequence[Mapping[str, Any]]) -> Table | str:
    """Return the calls for people."""
    if not rows:
        return "No call is open."
    table = titled("", "since (UTC)", "order", "call", "amount", "state", "sent", "in doubt", "next (UTC)", "because")
    for row in rows:
        money = f"{row['amount']} {row['currency']}"
        since, then = f"{row['received_at']:%m-%d %H:%M:%S}", f"{row['next_at']:%m-%d %H:%M:%S}"
        counts = (row["attempts"], row["doubts"])
        add(table, since, row["order_id"], row["kind"], money, row["state"], *counts, then, row["last_error"])
    return table


async def reconcile(settings: Settings) -> Reconciliation:
    """Compare the provider's books with the hub's; raises NotUsable or ServerIsAway."""
    provider, engine = provider_of(settings.gateway), engine_of(settings)
    try:
        since = await gateway_calls.now(engine)
        theirs = await reconciliation.providers_books(provider)
        documents = await reads.order_documents(engine)
        orders = (codec.order_from(row["document"]) for row in documents)
        result = reconciliation.compared(theirs, reconciliation.hubs_books(orders))
        differing = {each.order_id for each in result.differences}
        result.set_apart(await gateway_calls.orders_in_motion(engine, differing, since))
    except (NeverLeft, NoAnswer, LedgerIsUnreadable) as error:
        where = settings.gateway.url or ""
        raise ServerIsAway("The payment provider", where, str(error), "HUB_GATEWAY__URL") from error
    finally:
        await provider.close()
        await engine.dispose()
    return result


def differences_table(result: Reconciliation) -> Group:
    """Return the comparison for people; amounts in minor units."""
    sums = titled("Both books, in minor units", "currency", "", "provider", "hub")
    for currency in sorted(result.provider.keys() | result.hub.keys()):
        theirs, ours = result.provider.get(currency, {}), result.hub.get(currency, {})
        for what in ("captured", "refunded", "held"):
            add(sums, currency, what, theirs.get(what, 0), ours.get(what, 0))
    parts: list[Any] = [sums]
    for title, rows in (("Differences", result.differences), ("While a call is open", result.in_motion)):
        if rows:
            table = titled(title, "order", "payment", "what", "provider", "hub")
            for row in rows:
                add(table, row.order_id, row.payment_id, row.what, row.provider, row.hub)
            parts.append(table)
    verdict = "differ" if result.differences else "agree"
    return Group(*parts, f"{result.payments} payments: the books {verdict}.")
