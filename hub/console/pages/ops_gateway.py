"""The payment gateway: calls that are open or in doubt, and what comparing both books found last."""

from typing import Any, Final

from fastapi import APIRouter, Response

from hub.console.visit import Visiting

router: Final = APIRouter()


@router.get("/ops/gateway")
async def gateway(visit: Visiting, show: str = "") -> Response:
    """Show the calls that are not answered, or only those in doubt."""
    doubt = show == "doubt"
    found = await visit.api.get("/v1/ops/gateway", {"unknown": str(doubt).lower(), "limit": 200})
    return visit.page("ops_gateway.html", found=found, doubt=doubt, sums=_sums(found["last_reconciliation"]))


def _sums(last: Any) -> list[tuple[str, str, int | None, int | None]]:
    """Return both books' sums: of a currency, what it is, the provider's and the hub's."""
    if last is None:
        return []
    theirs, ours = last["provider"], last["hub"]
    names = sorted({(currency, what) for book in (theirs, ours) for currency, sums in book.items() for what in sums})
    return [(c, what, theirs.get(c, {}).get(what), ours.get(c, {}).get(what)) for c, what in names]
