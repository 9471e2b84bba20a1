"""The journal: everything that happens to an order leaves a row there, whoever did it and however."""

from datetime import datetime
from typing import Any

import pytest
from pydantic_core import from_json

from adapters.rows.batch import Batch
from adapters.rows.journal import JournalRow
from adapters.rows.loading import LookedUp
from consumers.shard.assembly import Assembly
from consumers.shard.deciding import Rules
from consumers.shard.reading import Reader
from contracts import commands as desk
from contracts.envelope import Envelope
from contracts.message import Message
from contracts.signing import Signatures
from contracts.topics import INBOUND, Topic
from contracts.wire import HEADER_TOKEN, Outgoing, Record
from domain.aggregates import KINDS
from domain.deciding import codec
from domain.deciding.decision import Decision, Known
from domain.deciding.received import Actor
from domain.orders import facts
from domain.orders.facts import Fact
from domain.orders.order import Order
from hub.wiring import INBOUND_BY_TOPIC
from producers.messages import Messages
from tests.domain.world import ORDER, SEARCHING, START, Script, placed, played
from tests.units.rows import HOUR

SIGNATURES = Signatures.of([b"a-key-for-tests-only"])
AGENTS = {
    b"bea's token": Actor("bea", frozenset({"orders.manage"}), frozenset({"lille"})),
    b"max's token": Actor("max"),
}


def assembly() -> Assembly:
    """A batch of a hub that knows nothing yet and has one shard."""
    reader = Reader(INBOUND_BY_TOPIC, SIGNATURES)
    rules = Rules(1, KINDS, Known(SEARCHING), lambda token, at: AGENTS.get(token or b""), HOUR)
    return Assembly(0, Batch(1), rules, Messages(1, SIGNATURES), reader, LookedUp(), {})


def contract_of(fact: Fact) -> tuple[Topic, type[Message]]:
    """The topic and the message that say this fact."""
    name = type(fact).__name__
    return next((topic, each) for topic in INBOUND for each in topic.messages if each.__name__ == name)


def record(
    fact: Fact,
    n: int,
    order_id: str = ORDER,
    *,
    event_id: str | None = None,
    source: str = "/partners/test",
    token: bytes | None = None,
    at: datetime = START,
) -> Record:
    """A fact as its party writes it."""
    topic, contract = contract_of(fact)
    head = Envelope(event_id or f"e-{n}", source, contract.type(), order_id, at)
    headers: list[tuple[str, bytes | None]] = [*head.headers()]
    if token is not None:
        headers.append((HEADER_TOKEN, token))
    value = fact.encoded()
    key, appended_at = order_id.encode(), int(at.timestamp() * 1000)
    written = SIGNATURES.signed(Outgoing(topic.name, 0, key, tuple(headers), value))
    return Record(topic.name, 0, n, key, written.headers, value, appended_at)


def journal_of(*records: Record) -> list[JournalRow]:
    """The rows that these records leave."""
    batch = assembly()
    for each in records:
        batch.add(batch.reader.read(each))
    assert batch.batch.set_aside == []
    return batch.batch.journal


def fact_of(row: JournalRow) -> Fact:
    """What a row says happened."""
    document: dict[str, Any] = from_json(row.data)
    return codec.received_from(document).fact


LIVES = {
    "a refund": Script(lines=((2, 500), (1, 700)), returned="all", split_receipt=True, failed_refunds=1, refusals=1),
    "an exchange": Script(returned="all", exchange=True, shortage="flash", verdicts=("review", "clear")),
    "a cheque": Script(returned="one", cheque=True),
}


@pytest.mark.parametrize("script", LIVES.values(), ids=LIVES)
@pytest.mark.rule("EP-20")
def test_everything_that_happens_to_an_order_leaves_a_row(script: Script) -> None:
    happened = played(script).hub.decisions
    rows = journal_of(*(_again(decision, n) for n, decision in enumerate(happened) if not decision.released))

    assert [(row.subject, fact_of(row), row.outcome) for row in rows] == [
        (decision.after.id, decision.received.fact, decision.outcome.value) for decision in happened
    ]
    seqs = [row.seq for row in rows if row.subject == ORDER]
    assert seqs == list(range(1, len(seqs) + 1))


def _again(decision: Decision[Order], n: int) -> Record:
    fact, cause, at = decision.received.fact, decision.received.cause, decision.received.appended_at
    return record(fact, n, decision.after.id, event_id=cause.id, source=cause.source, at=at)


@pytest.mark.rule("EP-20")
def test_what_is_early_late_or_refused_leaves_its_row_too() -> None:
    scored = facts.FraudScored("clear")
    rows = journal_of(
        record(facts.PickingStarted("none"), 1),
        record(placed(), 2),
        record(scored, 3, event_id="one"),
        record(scored, 4, event_id="another"),
        record(desk.VoidOrder(), 5, token=b"bea's token"),
    )

    assert [(row.type, row.outcome) for row in rows] == [
        ("picking.started.v1", "parked"),
        ("order.placed.v1", "applied"),
        ("picking.started.v1", "applied"),  # an alert: the order has no such shipment
        ("fraud.scored.v1", "applied"),
        ("fraud.scored.v1", "late"),
        ("order.void.v1", "refused"),
    ]


CANCEL = facts.CancelOrder(reason="customer_choice")


@pytest.mark.rule("EP-21")
def test_a_row_is_written_whoever_acted_and_names_him_and_his_way() -> None:
    rows = journal_of(
        record(placed(), 1, source="/shops/lille"),
        record(desk.HoldOrder(reason="a question"), 2, source="/clients/console", token=b"bea's token"),
        record(CANCEL, 3, source="/clients/ticketing", token=b"max's token"),
        record(CANCEL, 4, source="/clients/ticketing"),
        record(facts.CommentOrder("called back"), 5, source="/clients/ticketing", token=b"bea's token"),
        record(facts.CancellationRequested(), 6, source="/shops/lille"),
    )

    assert [(row.actor, row.source, row.type, row.topic, row.offset, row.outcome) for row in rows] == [
        (None, "/shops/lille", "order.placed.v1", "shop.events", 1, "applied"),
        ("bea", "/clients/console", "order.hold.v1", "hub.commands", 2, "applied"),
        ("max", "/clients/ticketing", "order.cancel.v1", "hub.commands", 3, "refused"),
        (None, "/clients/ticketing", "order.cancel.v1", "hub.commands", 4, "refused"),
        ("bea", "/clients/ticketing", "order.comment.v1", "hub.commands", 5, "applied"),
        (None, "/shops/lille", "cancellation.requested.v1", "shop.events", 6, "applied"),
    ]


@pytest.mark.rule("OSM-26")
def test_the_reasons_of_a_doubt_are_kept_in_the_journal() -> None:
    doubt = facts.FraudScored("review", score=81, reasons=("card of another country",))
    rows = journal_of(record(placed(), 1), record(doubt, 2))

    kept = fact_of(rows[-1])
    assert isinstance(kept, facts.FraudScored)
    assert (kept.verdict, kept.score, kept.reasons) == ("review", 81, ("card of another country",))
