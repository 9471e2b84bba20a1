"""Which scopes each route asks for, as its description says it; the routes ask themselves, and a test compares."""

from collections.abc import Callable
from typing import Final

from domain import rights
from hub.api.acts import TABLE, Row
from hub.api.pages import READERS, VIEWERS
from hub.desk.contracts import scopes_of

NAME: Final = "x-scopes"
"""Under this the description of a route names the scopes of which its caller needs one."""
LOOKS: Final = frozenset({rights.OPERATE, rights.AUDIT})
KEEPS: Final = frozenset({rights.OPERATE, rights.MANAGE_PARTNERS})


def of_act(row: Row) -> frozenset[str]:
    """Return the scopes of which an act may need one."""
    return scopes_of(row.command)


_EXACT: Final = {
    **{(row.method, f"/v1{row.path}"): of_act(row) for row in TABLE},
    ("GET", "/v1/orders/{order}"): frozenset(VIEWERS),
    ("GET", "/v1/orders/{order}/timeline"): READERS | {rights.OPERATE},
    ("GET", "/v1/orders/{order}/records"): frozenset({rights.OPERATE}),
    ("GET", "/v1/orders/{order}/customer-history"): frozenset({rights.REVIEW}),
    ("GET", "/v1/fraud-review"): frozenset({rights.REVIEW}),
    ("GET", "/v1/returns"): READERS | {rights.RECEIVE_RETURN},
    ("GET", "/v1/attention"): READERS | {rights.OPERATE},
    ("POST", "/v1/events"): frozenset[str](),
    ("GET", "/v1/orders/{order}/timeline/{seq}"): READERS | {rights.OPERATE},
    ("GET", "/v1/returns/{rma}"): READERS | {rights.RECEIVE_RETURN},
    ("GET", "/v1/people"): READERS | LOOKS,
    ("GET", "/v1/team"): frozenset({rights.AUDIT}),
    ("GET", "/v1/ops/refusals"): frozenset({rights.AUDIT}),
    ("GET", "/v1/ops/audit"): frozenset({rights.AUDIT}),
    ("GET", "/v1/ops/what-if/jobs"): frozenset({rights.OPERATE}),
    ("GET", "/v1/ops/what-if/jobs/{job}"): frozenset({rights.OPERATE}),
    ("POST", "/v1/ops/partners/pause"): KEEPS,
    ("POST", "/v1/ops/partners/resume"): KEEPS,
}
_BELOW: Final[tuple[tuple[str, Callable[[str], frozenset[str]]], ...]] = (
    ("/v1/ops/", lambda method: LOOKS if method == "GET" else frozenset({rights.OPERATE})),
    ("/v1/webhooks", lambda _: frozenset({rights.MANAGE_WEBHOOKS})),
    ("/v1/partner-keys", lambda _: frozenset({rights.MANAGE_PARTNERS})),
    ("/v1/refunds/", lambda _: frozenset({rights.APPROVE_REFUND})),
    *((path, lambda _: frozenset(READERS)) for path in ("/v1/orders", "/v1/pending-orders", "/v1/customers/")),
    *((path, lambda _: frozenset(READERS)) for path in ("/v1/refunds", "/v1/flash-reorders", "/v1/counts")),
    ("/v1/events", lambda _: frozenset(READERS)),
    ("/v1/views", lambda _: frozenset(READERS)),
)
"""What holds for all routes below a path that has no row of its own; the first one counts."""


def needed(method: str, path: str) -> frozenset[str]:
    """Return the scopes of which a route's caller needs one; none where it is enough to be signed in, or not even."""
    exact = _EXACT.get((method, path))
    if exact is not None:
        return exact
    return next((scopes(method) for above, scopes in _BELOW if path.startswith(above)), frozenset())
