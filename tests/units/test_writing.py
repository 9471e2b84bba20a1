"""What leaves is written by code made of the contracts: byte for byte what the contracts write, or refuse to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BeforeValidator, Field

from contracts import orders
from contracts.message import Message, Part
from contracts.signing import Signatures
from contracts.writing import writer
from domain.deciding.decision import Decision, Known, Outcome, ToOrder
from domain.deciding.received import Actor, Cause, Received
from domain.deciding.values import Value, asdict
from domain.orders import events, facts, requests
from domain.orders.decide import receive
from domain.orders.order import Order, State
from domain.orders.view import projection
from producers.messages import EVENTS, REQUESTS, TO_ORDERS, Messages, status
from tests.domain.story import every_shape
from tests.domain.world import BOSS, received, samples

SIGNATURES = Signatures.of([b"a-key-for-tests-only"])
NOON: Final = datetime(2026, 11, 25, 12, 0, 0, 123456, UTC)
CAUSE: Final = Cause("/partners/warehouse", "e-1", "parcel.packed.v1", "warehouse.events", 3, 17)
LEAVING: Final[list[type[Any]]] = [*EVENTS, *REQUESTS, *TO_ORDERS]
# Words as they are, and as they must not be: empty, long, with a NUL, a space, a last line break, half a character.
RIGHT: Final = ("card", "refund", "EUR", "FR", "released", "o-1", "opened", "é \u6f22 \x7f\u2028", '"\\/\t\x1f')
WRONG: Final = ("", "\x00", "a\x00b", "two words", "EUR\n", "o-1\n", "x" * 200, "x" * 201, "y" * 2001, chr(0xD800))
WORDS: Final = st.sampled_from((*RIGHT, *WRONG))
NUMBERS: Final = st.sampled_from([-1, 0, 1, 2, 10_000, 10_001, 10**6, 10**6 + 1, 10**15, 10**15 + 1, 2**64, 10**40])
MOMENTS: Final = st.sampled_from(
    [NOON, NOON.replace(microsecond=0), NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=2)))]
)


@pytest.fixture(autouse=True)
def strategies() -> Iterator[None]:
    """Let Hypothesis draw right and wrong values wherever a class has a text, a number or a time."""
    for kind, strategy in ((str, WORDS), (int, NUMBERS), (datetime, MOMENTS)):
        st.register_type_strategy(kind, strategy)
    yield
    for kind in (str, int, datetime):
        st.register_type_strategy(kind, _DRAWN[kind])


_DRAWN: Final[dict[type, st.SearchStrategy[Any]]] = {str: st.text(), int: st.integers(), datetime: st.datetimes()}


def by_the_contract(decision: Decision) -> list[bytes]:
    """Return what the contracts write of a decision; raises ValueError."""
    order, actor = decision.order, decision.received.actor
    common = {
        "number": order.number or None,
        "version": order.version,
        "status": None if order.state is None else order.state.value,
        "cause": decision.received.cause,
        "actor": None if actor is None else actor.name,
        "rules": decision.rules,
    }
    found: list[Message] = []
    found += [EVENTS[type(event)].model_validate(asdict(event) | common) for event in decision.events]
    found += [REQUESTS[type(request)][1].model_validate(request) for request in decision.requests]
    found += [TO_ORDERS[type(command.fact)].model_validate(command.fact) for command in decision.to_orders]
    return [message.encoded() for message in found]


def who(fact: facts.Fact) -> Actor | None:
    """Return the author of a command."""
    return BOSS if isinstance(fact, facts.Command) else None


def by_the_hub(decision: Decision) -> list[bytes]:
    """Return what the hub writes of it; raises ValueError."""
    return [message.value or b"" for message in Messages(1, SIGNATURES).encode("o-1", "1", decision)]


def of(value: Any, order: Order, rules: tuple[str, ...], actor: str | None) -> Decision:
    """Return a decision that tells one thing."""
    told = Received(facts.CommentOrder("x"), CAUSE, NOON, NOON, None if actor is None else Actor(actor))
    if isinstance(value, events.Event):
        return Decision(told, order, Outcome.APPLIED, rules, events=(value,))
    if isinstance(value, requests.Request):
        return Decision(told, order, Outcome.APPLIED, rules, requests=(value,))
    return Decision(told, order, Outcome.APPLIED, rules, to_orders=(ToOrder("o-2", value),))


@pytest.mark.parametrize("kind", LEAVING, ids=lambda kind: kind.__name__)
def test_the_hub_writes_what_the_contract_writes_and_refuses_what_it_refuses(kind: type[Any]) -> None:
    states = st.sampled_from([None, *State])
    orders_ = st.builds(Order, st.just("o-1"), states, st.sampled_from([0, 7, -1]), WORDS)
    rules = st.sampled_from([(), ("O-06", "S-01"), ("",)])

    @settings(max_examples=60, database=None, suppress_health_check=list(HealthCheck))
    @given(st.from_type(kind), orders_, rules, st.none() | WORDS)
    def holds(value: Any, order: Order, rules: tuple[str, ...], actor: str | None) -> None:
        decision = of(value, order, rules, actor)
        try:
            expected = by_the_contract(decision)
        except ValueError:  # pydantic says no, or can't write half a character
            with pytest.raises(ValueError):
                by_the_hub(decision)
        else:
            assert by_the_hub(decision) == expected

    holds()


def test_what_orders_tell_needs_no_look_of_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    decided = [
        decision
        for order in every_shape().values()
        for fact in samples(order)
        for decision in receive(
            order, received(fact, "w", actor=BOSS if isinstance(fact, facts.Command) else None), Known()
        )
    ]
    expected = [by_the_contract(decision) for decision in decided]
    standing = [decision.order for decision in decided if decision.order.state is not None]
    stood = [orders.OrderStatus.model_validate(projection.status_of(order)).encoded() for order in standing]

    def look(*_: Any, **__: Any) -> None:
        raise AssertionError("the contract had to look")

    monkeypatch.setattr(Message, "model_validate", look)
    assert [by_the_hub(decision) for decision in decided] == expected
    assert [status(order, 1).value for order in standing] == stood
    assert sum(map(len, expected)) > 1000


class Parcel(Value):
    """A value with fewer fields than its contract below."""

    weight: int


def test_a_field_that_a_value_does_not_have_is_the_contracts_default_or_left_to_it() -> None:
    class Defaulted(Part):
        weight: int
        unit: str = "g"
        note: str | None = None

    class Needed(Part):
        weight: int
        unit: str

    assert writer(Defaulted, Parcel)(Parcel(3)) == {"weight": 3, "unit": "g"}
    with pytest.raises(Exception, match="unit"):
        writer(Needed, Parcel)(Parcel(3))


@pytest.mark.parametrize(
    "hint",
    [
        float,
        Annotated[int, BeforeValidator(lambda value: value)],
        Annotated[int, Field(gt=0)],
        Annotated[str, Field(pattern="^a")],
        Annotated[str, Field(pattern="^a$", strict=True)],
    ],
    ids=["type", "validator", "bound", "open pattern", "strict"],
)
def test_a_bound_that_this_code_does_not_know_is_refused_when_it_is_made(hint: Any) -> None:
    contract = type("Odd", (Part,), {"__annotations__": {"weight": hint}, "__module__": __name__})

    with pytest.raises(TypeError):
        writer(contract, None)
