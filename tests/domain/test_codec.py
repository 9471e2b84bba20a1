"""Documents read back exactly what was written, unknown fields included."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings

from domain.deciding import codec
from domain.deciding.decision import Policy
from domain.deciding.money import Money
from domain.deciding.received import Actor
from domain.deciding.values import changed
from domain.orders import documents, facts
from domain.orders.order import Order
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
