"""Sentences: every record, event, request, alert, deadline and field has words, and none has words for nothing."""

from typing import Any

import pytest

from contracts.topics import (
    CATALOGUE_EVENTS,
    CATALOGUE_STATUS,
    INBOUND,
    INTERNAL,
    ORDER_EVENTS,
    ORDER_STATUS,
    OUTBOUND,
    Topic,
)
from domain.deciding.deadlines import OWED, Deadline
from domain.orders.commands import TABLE
from domain.orders.view import attention
from domain.orders.view.waiting import _EXPECTED, _RELEASES, _STEPS_OF_RETURNS
from hub.api import acting
from hub.console import form_words, names, returning, sentences
from hub.console.fields import Field, fields_of
from hub.console.happenings import EVENTS, FOLDED, OWN, REQUESTS
from hub.console.records import RECORDS
from hub.console.words import LOOKS

TOLD = (ORDER_EVENTS, ORDER_STATUS, CATALOGUE_EVENTS, CATALOGUE_STATUS)
AN_ORDER: dict[str, Any] = {name: [] for name in ("lines", "shipments", "refunds", "returns", "flash_reorders")}
OTHER_OWED = {"order.modify", "alert.clear", "payment.retry", "return.confirm", "return.validate", "order.placed"}


def types_of(*topics: Topic) -> set[str]:
    return {message.name for topic in topics for message in topic.messages}


def entry(what: str, **more: Any) -> dict[str, Any]:
    return {"what": what, "who": "nadia", "outcome": "applied", "rules": [], "told": [], **more}


def test_every_record_that_can_be_in_a_journal_has_a_sentence_and_no_sentence_is_left_over() -> None:
    assert set(RECORDS) == types_of(*INBOUND)


def test_every_event_and_request_has_words_before_and_after() -> None:
    asked = tuple(topic for topic in OUTBOUND if topic not in (*TOLD, *INBOUND))

    assert set(EVENTS) == types_of(*TOLD)
    assert set(REQUESTS) == types_of(*asked)
    assert set(OWN) == types_of(INTERNAL)
    assert set(EVENTS) >= FOLDED


def test_a_sentence_that_says_more_is_told_apart_by_an_event_that_there_is() -> None:
    events = {when for row in RECORDS.values() for when in row.more if "." in when}

    assert events <= set(EVENTS)


def test_every_message_that_is_owed_says_what_somebody_does() -> None:
    expected = {each[0] for each in _EXPECTED.values() if each is not None}
    steps = {each for each in _STEPS_OF_RETURNS.values() if each is not None}
    owed = {each.message for each in OWED.values()} | expected | steps | set(_RELEASES.values()) | OTHER_OWED

    assert set(names.AWAITED) == owed
    assert {each.party for each in OWED.values()} <= set(names.PARTIES)
    assert {topic.writer for topic in INBOUND} <= set(names.PARTIES)


def test_every_alert_and_deadline_has_words() -> None:
    assert set(names.ALERTS) == set(attention.ADVICE)
    assert set(names.DEADLINES) == {each.value for each in Deadline}


def test_every_field_of_every_act_has_a_label_and_every_choice_its_words() -> None:
    members, choices = set[str](), set[str]()

    def look_at(fields: tuple[Field, ...]) -> None:
        for each in fields:
            members.add(each.member)
            choices.update(choice for choice, _ in each.choices)
            look_at(each.parts)

    for acts in acting.DESCRIBED.values():
        for act in acts:
            look_at(fields_of(act.schema, AN_ORDER))

    assert members <= set(form_words.FIELDS)
    assert choices == set(form_words.CHOICES)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (entry("order.hold.v1"), "nadia put the order on hold"),
        (entry("order.hold.v1", outcome="refused"), "nadia wanted to hold; the hub refused"),
        (entry("payment.authorized.v1"), "The payment was reserved"),
        (entry("fraud.scored.v1", rules=["O-09"]), "The fraud service doubts the order"),
        (entry("fraud.scored.v1", told=["order.approved.v1"]), "The fraud service finds the order harmless"),
        (
            entry("picking.started.v1", outcome="parked"),
            "The warehouse began to pick the goods. It came too early and waits",
        ),
        (
            entry("picking.started.v1", outcome="applied (parked as 7)"),
            "The warehouse began to pick the goods. It had come too early and waited",
        ),
        (
            entry("timer.due.v1", said={"fact": {"is": "TimerDue", "kind": "fraud"}}),
            "A time limit was reached: the fraud service's verdict",
        ),
        (entry("timer.due.v1", told=["alert.raised.v1"]), "An answer is overdue"),
        (entry("strange.{thing}.v9"), "strange: (thing)"),
    ],
)
def test_an_entry_is_told_as_a_sentence(found: dict[str, Any], sentence: str) -> None:
    assert sentences.told(found) == sentence


def test_what_nearly_every_record_leads_to_is_not_told() -> None:
    found = entry("order.hold.v1", rules=["H-01"], told=["order.held.v1", "order.status.v1", "command.accepted.v1"])

    assert sentences.because(found) == ["rule H-01", "led to: hold put on"]


def test_what_will_happen_is_told_as_sentences_each_once() -> None:
    would = {
        "caused": ["order.cancelled.v1", "refund.requested.v1", "order.status.v1"],
        "asked": ["refund.requested.v1", "email.requested.v1", "email.requested.v1"],
    }

    assert sentences.happens(would) == [
        "The order will be cancelled.",
        "A refund will wait for its approval.",
        "The payment service will be asked to give money back.",
        "The customer will get an e-mail.",
    ]


def test_advice_names_acts_as_their_buttons_do() -> None:
    told = sentences.advice("The customer did not answer: decide with order.approve or order.cancel")

    assert told == "The customer did not answer: decide with “Approve” or “Cancel”"
    assert sentences.advice("ask the reorder desk") == "Ask the reorder desk."
    assert all(f"“{sentences.act_label(row.name)}”" == sentences.advice(row.name) for row in TABLE)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ({"kind": "alert", "what": "unexpected_payment"}, "unexpected payment"),
        ({"kind": "alert", "what": "fraud_late"}, "Overdue: the fraud service's verdict"),
        ({"kind": "hold", "what": "csr"}, LOOKS["hold"]["csr"].word),
        ({"kind": "open", "what": "return RMA-1"}, "an open return RMA-1"),
        ({"kind": "open", "what": "capture_failed"}, "money not taken"),
        ({"kind": "quarantine", "what": "rule_failed"}, "a rule of the hub failed"),
        (
            {"kind": "overdue", "what": "availability.reported", "by": "warehouse"},
            "Overdue: the warehouse says which goods are there",
        ),
    ],
)
def test_a_reason_says_why_somebody_should_look(reason: dict[str, Any], words: str) -> None:
    assert sentences.look_reason(reason) == words


def test_the_hubs_own_time_limits_say_what_it_does_then() -> None:
    paid = {"state": "delivered", "payment": {"view": "paid"}, "refunds": []}
    trying = {"state": "payment_pending", "payment": {"view": "unpaid"}, "refunds": []}
    giving = {"state": "sent", "payment": {"view": "paid"}, "refunds": [{"state": "approved"}]}

    row_of_a_list = {"state": "delivered", "payment": "unpaid"}
    told = [sentences.awaited("timer.due", "hub", each) for each in (paid, trying, giving, row_of_a_list)]

    assert told == [names.TIMERS[kind] for kind in ("closing", "money", "refund", "closing")]
    assert sentences.awaited("timer.due") == "goes on by itself"


def test_a_reason_that_is_offered_has_its_word_and_one_that_somebody_wrote_stays_as_it_is() -> None:
    assert set(returning.REASONS) <= names.REASONS.keys()
    assert [sentences.named("reason", each) for each in ("reduction", "late", "b_c.d")] == [
        "price cut",
        "late",
        "b_c.d",
    ]
