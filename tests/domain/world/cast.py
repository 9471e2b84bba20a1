"""The cast: who orders, who commands, what is ordered, and how a fact comes in."""

from datetime import UTC, datetime

from contracts import commands as desk
from domain.deciding.decision import Policy
from domain.deciding.money import Money
from domain.deciding.received import Actor, Cause, Received
from domain.orders import facts
from domain.orders.facts import Fact

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CUSTOMER = facts.Customer("c-1", name="Ada", email="ada@example.org")
ADDRESS = facts.Address(street="1 High Street", city="Lille", postcode="59000", country="FR")
ELSEWHERE = facts.Address(street="2 Low Street", city="Lille", postcode="59000", country="FR")
ORDER = "order-1"
UNKNOWN = "never-asked"
BOSS = Actor(
    "boss",
    frozenset(
        {
            *(
                "orders.manage",
                "orders.split",
                "orders.transfer",
                "orders.unlock",
                "orders.recall",
                "orders.logistics_release",
            ),
            *(
                "fraud.review",
                "payment.cheque",
                "payment.settle",
                "return.create",
                "return.receive",
                "refund.create",
                "refund.approve",
            ),
        }
    ),
    frozenset({"*"}),
)
ADA = Actor("ada", BOSS.scopes, BOSS.stores)
BEA = Actor("bea", BOSS.scopes, BOSS.stores)
SEARCHING = Policy(flash_automatic=True)
"""The hub sends a flash reorder by itself where the shelves show what the warehouse misses."""
BY_HAND = Policy()
"""People decide: the hub sends no flash reorder by itself."""


def line(number: int = 1, quantity: int = 1, price: int = 2500, kind: str = "shippable") -> facts.OrderLine:
    return facts.OrderLine(line=number, sku=f"shirt-{number}-M", quantity=quantity, unit_price=price, kind=kind)


def placed(*lines: facts.OrderLine, fee: int = 500, method: str = "card") -> facts.OrderPlaced:
    chosen = lines or (line(),)
    return facts.OrderPlaced(
        number="N-1",
        store="lille",
        currency="EUR",
        customer=CUSTOMER,
        shipping_address=ADDRESS,
        lines=chosen,
        shipping_fee=fee,
        payment_method=method,
    )


def submitted(kind: str = "regular", reason: str | None = None) -> facts.SubmitOrder:
    return facts.SubmitOrder(
        number="N-1",
        store="lille",
        currency="EUR",
        customer=CUSTOMER,
        shipping_address=ADDRESS,
        lines=(line(),),
        kind=kind,
        reason=reason,
    )


def received(
    fact: Fact, event_id: str = "e-1", at: datetime = START, actor: Actor | None = None, source: str = "test"
) -> Received:
    cause = Cause(source, event_id, type(fact).__name__, "topic", 0, 0)
    return Received(fact, cause, at, at, actor)


TWO_LINES = (line(1, 2, 1000), line(2, 1, 700))
A_HAT = desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=9000),))
"""An order of 5500 that a person makes dearer by 9000."""


def two_parcels() -> tuple[facts.OrderLine, ...]:
    """Two lines that two warehouses send."""
    return (
        facts.OrderLine(line=1, sku="shirt-1-M", quantity=2, unit_price=2500, warehouse="north"),
        facts.OrderLine(line=2, sku="shirt-2-M", quantity=2, unit_price=2500, warehouse="south"),
    )


def money(amount: int) -> Money:
    return Money(amount, "EUR")


def without(*scopes: str) -> Actor:
    """Somebody who may do all but this."""
    return Actor("boss", BOSS.scopes - set(scopes), BOSS.stores)


def somebody(*scopes: str, name: str = "bea", store: str = "lille") -> Actor:
    """An agent with these scopes on one store."""
    return Actor(name, frozenset(scopes), frozenset({store}))
