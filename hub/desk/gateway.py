"""The payment gateway's calls in doubt, and the provider's books against the hub's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.calls.exchange import NeverLeft, NoAnswer
from adapters.payments import reconciliation
from adapters.payments.client import Provider
from adapters.payments.reconciliation import LedgerIsUnreadable
from adapters.payments.reconciliation import Reconciliation as Reconciliation
from adapters.postgres import gateway_acts, gateway_books, gateway_reads, order_reads
from adapters.postgres.gateway_books import StateCount as StateCount
from adapters.postgres.gateway_books import StoredReconciliation as StoredReconciliation
from adapters.postgres.gateway_reads import OpenCall as OpenCall
from hub.desk.operations import Act
from hub.desk.resources import Desk
from hub.desk.stores import Stores
from hub.errors import ServerIsAway
from hub.gateway import provider_of

KEPT: Final = 100
"""Differences that are kept of a comparison."""


@dataclass(frozen=True, slots=True)
class GatewayStanding:
    """What the gateway has in hand, counted by state, and what the last comparison of both books found."""

    counts: Sequence[StateCount]
    calls: Sequence[OpenCall]
    last: StoredReconciliation | None


async def standing(desk: Desk, *, only_unknown: bool, limit: int, stores: Stores = None) -> GatewayStanding:
    """Return the calls that are open, or only those that a person should look at, with all that are open counted.

    Calls of orders of other stores are counted, and not shown.
    """
    return GatewayStanding(
        await gateway_books.counts(desk.engine),
        await gateway_books.open_calls(desk.engine, only_doubt=only_unknown, limit=limit, stores=stores),
        await gateway_books.last(desk.engine),
    )


async def open_calls(desk: Desk, *, only_unknown: bool, limit: int = 200) -> Sequence[OpenCall]:
    """Return the calls that are open, or only those that a person should look at."""
    return await gateway_reads.open_calls(desk.engine, only_unknown=only_unknown, limit=limit)


async def ask_now(desk: Desk, act: Act, request_id: str) -> bool:
    """Have an open call looked at without waiting for its next try; False where none is open under this id."""
    return act.dry_run or await gateway_acts.ask_now(desk.engine, act.operation("ask provider"), request_id)


async def dismiss(desk: Desk, act: Act, request_id: str) -> bool:
    """Be done with a request that was not followed, and never will be; False where there is none of this id."""
    return act.dry_run or await gateway_acts.dismiss(desk.engine, act.operation("dismiss request"), request_id)


async def reconcile(desk: Desk) -> Reconciliation:
    """Compare the provider's books with the hub's, and keep what was found; raises NotUsable or ServerIsAway."""
    provider = provider_of(desk.settings.gateway)
    try:
        found = await _compared(desk, provider)
    except (NeverLeft, NoAnswer, LedgerIsUnreadable) as error:
        where = desk.settings.gateway.url or ""
        raise ServerIsAway("The payment provider", where, str(error), "HUB_GATEWAY__URL") from error
    finally:
        await provider.close()
    few = replace(found, differences=found.differences[:KEPT], in_motion=found.in_motion[:KEPT]).to_json()
    await gateway_books.note(desk.engine, found.payments, len(found.differences), len(found.in_motion), few)
    return found


async def _compared(desk: Desk, provider: Provider) -> Reconciliation:
    since = await gateway_reads.now(desk.engine)
    theirs = await reconciliation.providers_books(provider)
    ours: dict[str, reconciliation.Sums] = {}
    async for page in order_reads.order_pages(desk.engine):
        ours |= reconciliation.hubs_books(row.order() for row in page)
    result = reconciliation.compared(theirs, ours)
    differing = {each.order_id for each in result.differences}
    return result.set_apart(await gateway_reads.orders_in_motion(desk.engine, differing, since))
