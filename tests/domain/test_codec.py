"""Documents read back exactly what was written, unknown fields included."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings

from contracts.message import Fact
from domain.catalogue.word_list import WordList
from domain.deciding import codec
from domain.deciding.decision import Policy
from domain.deciding.money import Money
from domain.deciding.received import Actor
from domain.deciding.values import Value, changed, fields
from domain.orders import documents, facts
from domain.orders.order import Order, ParkedFact
from tests.domain.world import ANY_SCRIPT, ORDER, Hub, Script, World, placed, received


@settings(max_examples=60, deadline=None)
@given(script=ANY_SCRIPT)
def test_every_order_on_its_way_reads_back_as_it_was_written(script: Script) -> None:
    for decision in World(script).play().hub.decisions:
        document = json.loads(json.dumps(documents.order_document(decision.after)))

        assert documents.order_from(document) == decision.after
        assert documents.order_document(documents.order_from(document)) == document


def test_every_received_fact_of_a_play_reads_back_as_it_was_written() -> None:
    for decision in World(Script(returned="all", exchange=True, shortage="flash")).play().hub.decisions:
        document = json.loads(json.dumps(codec.received_document(decision.received)))

        assert codec.received_from(document) == decision.received


def test_a_shell_with_parked_facts_reads_back() -> None:
    hub = Hub()
    fact = facts.PaymentAuthorized("r", "p", Money(100, "EUR"), datetime(2026, 3, 2, tzinfo=UTC))
    hub.take(ORDER, changed(received(fact), actor=Actor("ann", frozenset({"a", "b"}), frozenset({"*"}))))

    order = hub.orders[ORDER]

    assert order.parked[0].received.fact == fact
    assert documents.order_from(json.loads(json.dumps(documents.order_document(order)))) == order


def test_fields_of_a_later_version_are_kept() -> None:
    document = {**documents.order_document(Order.shell("o")), "loyalty": {"points": 3}}

    assert documents.order_document(documents.order_from(document)) == document
    assert document["schema"] == documents.SCHEMA


def test_a_policy_document_holds_only_what_differs() -> None:
    policy = Policy(flash_automatic=True, payment_retry=timedelta(minutes=3))

    document = json.loads(json.dumps(codec.policy_document(policy)))

    assert document == {"flash_automatic": True, "payment_retry": 180.0}
    assert codec.policy_from(document) == policy
    assert codec.policy_document(Policy()) == {}


def test_a_fact_document_names_its_class() -> None:
    document = json.loads(json.dumps(codec.fact_document(placed())))

    assert document["is"] == "OrderPlaced"
    assert codec.fact_from(document) == placed()


def sample(hint: Any) -> Any:
    """A value of this type that no field has by default."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return sample(next(each for each in arguments if each is not type(None)))
    if origin in (tuple, frozenset):
        return origin((sample(arguments[0]),))
    if origin is Literal:
        return arguments[-1]
    if hint in SAMPLES:
        return SAMPLES[hint]
    return list(hint)[-1] if issubclass(hint, Enum) else filled(hint)


def filled(kind: type) -> Any:
    """A value of which no field holds its default, but for what is written apart."""
    hints = get_type_hints(kind)
    apart = {name for name, hint in hints.items() if get_origin(hint) is Mapping or hint == tuple[ParkedFact, ...]}
    own = [each.name for each in fields(kind) if each.name not in apart]
    return kind(**{name: sample(hints[name]) for name in own})


SAMPLES: dict[Any, Any] = {
    str: "x",
    int: 7,
    float: 0.5,
    bool: True,
    object: "x",
    datetime: datetime(2026, 3, 1, 9, tzinfo=UTC),
    timedelta: timedelta(minutes=3),
    Fact: facts.FraudScored("clear"),
}


def inside(kind: type) -> Iterator[type]:
    """The classes of the values that a value holds, itself included."""
    yield kind
    for hint in get_type_hints(kind).values():
        for each in (hint, *get_args(hint), *(inner for outer in get_args(hint) for inner in get_args(outer))):
            if isinstance(each, type) and issubclass(each, Value) and each not in (kind, Fact, ParkedFact):
                yield from inside(each)


@pytest.mark.parametrize("kind", sorted({*inside(Order), *inside(WordList)}, key=str))
def test_every_field_of_every_value_is_read_back(kind: type) -> None:
    value = filled(kind)

    document = codec.document_of(codec.text_of(1, value, (), {}))

    assert codec.value_from(kind, document) == value
