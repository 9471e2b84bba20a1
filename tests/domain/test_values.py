"""Values are frozen, compared, hashed and copied by their fields, and written as their fields say."""

import copy
import inspect
import pickle
from typing import Any

import msgspec
import pytest

from contracts import commands as desk
from domain.deciding import decision, money, received
from domain.deciding.codec import FACTS
from domain.deciding.money import Money
from domain.deciding.values import Value, asdict, changed, default_of, field, fields
from domain.orders import events, facts, order, requests
from domain.orders.order import Line, LineState, Order, Payment

MODULES = (decision, desk, events, facts, money, order, received, requests)
VALUES = [
    item
    for module in MODULES
    for item in vars(module).values()
    if isinstance(item, type) and issubclass(item, Value) and item.__module__.startswith(module.__name__)
]


class Sample(Value):
    """Every way in which a field gets its value."""

    first: int
    second: str = "two"
    third: list[int] = field(default_factory=list)


class Named(Sample, kw_only=True):
    """A field that is only given by its name."""

    fourth: int = 4


def test_every_way_to_give_a_field_its_value() -> None:
    assert Named(1) == Named(1, "two", [], fourth=4)
    assert Sample(1).third is not Sample(1).third
    assert asdict(Named(1, third=[3], fourth=5)) == {"first": 1, "second": "two", "third": [3], "fourth": 5}
    with pytest.raises(TypeError, match="first"):
        Sample()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Named(1, "2", [], 4)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="fifth"):
        Sample(1, fifth=5)  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_a_value_takes_its_fields_in_their_order(kind: type[Any]) -> None:
    taken = list(inspect.signature(kind).parameters.values())

    assert [each.name for each in taken] == [each.name for each in fields(kind)]
    assert [each.name for each in taken if each.default is inspect.Parameter.empty] == [
        each.name for each in fields(kind) if each.required
    ]


def test_a_value_is_frozen_compared_hashed_and_copied() -> None:
    held = Money(5, "EUR")

    with pytest.raises(AttributeError, match="immutable"):
        held.amount = 6  # type: ignore[misc]
    assert held == Money(5, "EUR")
    assert hash(held) == hash(Money(5, "EUR"))
    assert held != Money(5, "USD")
    assert repr(held) == "Money(amount=5, currency='EUR')"
    assert copy.deepcopy(held) == pickle.loads(pickle.dumps(held)) == held


def test_a_change_is_a_copy_in_which_the_rest_stays() -> None:
    line = Line(1, "sku", 2, 500)
    after = changed(line, price=0, model="M")

    assert (line.price, line.model) == (500, None)
    assert after == Line(1, "sku", 2, 0, model="M")
    assert changed(Order("o-1"), payment=Payment(asked=3)) == Order("o-1", payment=Payment(asked=3))
    with pytest.raises(TypeError, match="colour"):
        changed(line, colour="red")  # type: ignore[call-arg]
    assert changed(facts.CancelOrder(reason="typo"), reason=None).reason is None


class Written(Value):
    """Every kind of default."""

    name: str = "usual"
    none: str | None = None
    empty: str = ""
    few: tuple[int, ...] = ()
    some: tuple[int, ...] = (1, 2)
    small: int = 3
    large: int = 100_000
    yes: bool = True
    word: LineState = LineState.REQUESTED


def test_what_is_written_depends_on_the_value_alone() -> None:
    told = b'{"name":"usual","some":[1,2],"large":100000}'
    again = Written(
        "".join(["usu", "al"]), None, "".join([]), tuple(range(0)), tuple(range(1, 3)), int("3"), int("100000"), bool(1)
    )

    assert msgspec.json.encode(Written()) == msgspec.json.encode(again) == told
    assert [default_of(each) for each in fields(Written)] == list(asdict(Written()).values())


def test_every_fact_is_such_a_value() -> None:
    assert all(issubclass(kind, Value) for kind in FACTS.values())
