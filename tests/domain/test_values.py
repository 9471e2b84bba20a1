"""Values are dataclasses in all but the way their fields are set."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

from domain.deciding import decision, money, received
from domain.deciding.codec import FACTS
from domain.deciding.decision import Policy
from domain.deciding.money import Money
from domain.deciding.values import changed, dataclass
from domain.orders import desk_facts as desk
from domain.orders import events, facts, order, requests
from domain.orders.order import Line, Order, Payment

MODULES = (decision, desk, events, facts, money, order, received, requests)
VALUES = [
    item
    for module in MODULES
    for item in vars(module).values()
    if isinstance(item, type) and dataclasses.is_dataclass(item) and item.__module__ == module.__name__
]


@dataclass(frozen=True, slots=True)
class Sample:
    """Every way in which a field gets its value."""

    first: int
    second: str = "two"
    third: list[int] = dataclasses.field(default_factory=list)
    fourth: int = dataclasses.field(default=4, kw_only=True)


def test_every_way_to_give_a_field_its_value() -> None:
    assert Sample(1) == Sample(1, "two", [], fourth=4)
    assert Sample(1).third is not Sample(1).third
    assert dataclasses.astuple(Sample(1, third=[3], fourth=5)) == (1, "two", [3], 5)
    with pytest.raises(TypeError, match="first"):
        Sample()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Sample(1, "2", [], 4)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="fifth"):
        Sample(1, fifth=5)  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_a_value_takes_its_fields_in_their_order(kind: type[Any]) -> None:
    taken = list(inspect.signature(kind).parameters.values())
    declared = sorted(dataclasses.fields(kind), key=lambda field: bool(field.kw_only))
    needed = [f.name for f in declared if f.default is f.default_factory is dataclasses.MISSING]

    assert [each.name for each in taken] == [field.name for field in declared]
    assert [each.name for each in taken if each.default is inspect.Parameter.empty] == needed
    assert [each.name for each in taken if each.kind is inspect.Parameter.KEYWORD_ONLY] == [
        field.name for field in declared if field.kw_only
    ]


def test_a_value_is_frozen_compared_hashed_and_copied_as_a_dataclass() -> None:
    held = Money(5, "EUR")

    with pytest.raises(dataclasses.FrozenInstanceError):
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
    assert after == dataclasses.replace(line, price=0, model="M")
    assert changed(Order("o-1"), payment=Payment(asked=3)) == dataclasses.replace(
        Order("o-1"), payment=Payment(asked=3)
    )
    with pytest.raises(KeyError, match="colour"):
        changed(line, colour="red")  # type: ignore[call-arg]
    assert changed(facts.CancelOrder(reason="typo"), reason=None).reason is None


def test_a_change_is_looked_at_as_a_new_value_is() -> None:
    with pytest.raises(ValueError, match="time zone"):
        changed(Policy(), time_zone="Nowhere/Land")


def test_every_fact_is_such_a_value() -> None:
    assert set(FACTS.values()) <= set(VALUES) | {facts.Fact}
