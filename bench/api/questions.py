"""The questions of part `search`: what people type, lists they open, and how many rows each must bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

PAGE: Final = 50
TWO: Final = ("store-3", "store-7")
"""The stores of who sees two of twenty."""
Stores = Sequence[str] | None
"""The stores that somebody sees; None: all of them."""
SEEN: Final = "state <> 'draft' AND ($1::text[] IS NULL OR store = ANY($1))"


@dataclass(frozen=True, slots=True)
class Typed:
    """One kind of search: a text of SQL from an order's row, and `q`, which makes of its words what is typed.

    All orders with the same text are to be found, and where it `begins` a text, those whose text goes on behind it.
    """

    name: str
    text: str
    q: str = "{}"
    begins: bool = False

    def typed(self, text: str) -> str:
        """Return what is typed to find a text."""
        return self.q.format(*text.split())

    @property
    def sample(self) -> str:
        """Return the question for texts that find something; the ids of orders are in no order of anything else."""
        return f"""SELECT DISTINCT text FROM (SELECT {self.text} AS text FROM order_list
            WHERE {SEEN} AND ({self.text}) IS NOT NULL ORDER BY order_id LIMIT $2) AS sample"""  # noqa: S608 - constants

    @property
    def rows(self) -> str:
        """Return the question for how many orders texts are to find; no index of the listing answers it."""
        alike = f"starts_with({self.text}, text)" if self.begins else f"{self.text} = text"
        return f"""SELECT text, count(l.order_id) AS rows FROM unnest($2::text[]) AS text
            LEFT JOIN order_list l ON {alike} AND {SEEN} GROUP BY text"""  # noqa: S608 - constants


TYPED: Final = (
    Typed("number", "number"),
    Typed("phone", "'06' || lpad((n * 7 % 100000000)::text, 8, '0')"),
    Typed("e-mail", "lower(customer_name) || n || '@example.org'"),
    Typed("name and postcode", "billing_postcode || ' ' || lower(customer_name)", "name:{1} postcode:{0}", begins=True),
    Typed("name", "lower(customer_name)", "name:{}", begins=True),
    Typed("name many have", "CASE lower(customer_name) WHEN 'martin' THEN 'martin' END", "name:{}"),
    Typed("begin of a name", "left(lower(customer_name), 5)", "name:{}"),
    Typed("tracking", "'3S' || 10000000000 + n * 31", "tracking:{}"),
    Typed("tail", "right(number, 4)", "tail:{}"),
)
"""As the listing of tests/listing/seeds.py is made: `n` is the number of an order there. Names have digits, so
the box has to be told what is a name."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One first page: its address, and by SQL the rows that there are."""

    name: str
    path: str
    table: str = "order_list"
    where: str = "true"
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def question(self) -> str:
        """Return what counts the rows that somebody may see."""
        seen = "($1::text[] IS NULL OR store = ANY($1))"
        return f"SELECT count(*) FROM {self.table} WHERE {seen} AND {self.where}"  # noqa: S608 - constants


_NO_DRAFT: Final = "state <> 'draft'"
OPENED: Final = (
    Opened("newest", "/v1/orders", where=_NO_DRAFT),
    Opened("a store", "/v1/orders", where="store = 'store-3' AND " + _NO_DRAFT, parameters={"store": "store-3"}),
    Opened("a state", "/v1/orders", where="state = 'confirmed'", parameters={"state": "confirmed"}),
    Opened(
        "a store and a state",
        "/v1/orders",
        where="store = 'store-3' AND state = 'sent'",
        parameters={"store": "store-3", "state": "sent"},
    ),
    Opened(
        "needs attention",
        "/v1/orders",
        where="attention AND " + _NO_DRAFT,
        parameters={"attention": "true"},
    ),
    Opened("reasons", "/v1/attention", "reason_list"),
    Opened("drafts", "/v1/pending-orders", where="state = 'draft'"),
    Opened("doubted", "/v1/fraud-review", where="state IN ('risk_review', 'risk_follow_up')"),
    Opened("returns", "/v1/returns", "return_list"),
    Opened("refunds", "/v1/refunds", "refund_list"),
    Opened("flash reorders", "/v1/flash-reorders", "flash_list"),
)
