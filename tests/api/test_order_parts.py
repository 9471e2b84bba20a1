"""One order with the parts that are asked for: timeline, notes, records, relatives; and what happened to its money."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import event

from adapters.postgres.timeline_reads import SEARCHED
from contracts.events import NoteAdded
from contracts.message import Money
from contracts.payments import PaymentCaptured, PaymentRefused
from contracts.wire import Outgoing, pack
from domain import rights
from domain.orders.money.authorisation import authorization_id
from domain.orders.order import State
from hub.desk import order_parts
from hub.desk.order_parts import Counts
from tests.api.server import Api
from tests.integration.messages import CLEAR, approve, authorized, placed

pytestmark = pytest.mark.integration
ENTRY = """INSERT INTO journal (order_id, seq, version, shard, batch, n, outcome, source, event_id, digest, type, topic,
  partition, "offset", occurred_at, appended_at, data, messages, rules, transitions)
SELECT 'o-1', n, n, 0, n, 1, 'applied', '/p', n::text, '\\x00', 'order.odd.v1',
  'hub.commands', 0, n, now(), now(), '{}', CAST(:messages AS bytea), 1, '{}'
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n"""
PARTS = ("timeline", "notes", "asides")


async def told(api: Api, include: str | None = None, order: str = "o-1") -> Mapping[str, Any]:
    answer = await api.get(f"/v1/orders/{order}", params={} if include is None else {"include": include})
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


async def noted(api: Api) -> None:
    """An order with two notes, and one relative; a third note waits, as the rules fail on it."""
    for order in ("o-1", "o-2"):
        await approve(api.stage, order)
        await api.stage.until_state(order, "availability_requested")
    for text in ("she calls", "she called"):
        assert (await api.act("/v1/orders/o-1/notes", {"text": text})).status_code == 200
    linked = await api.act("/v1/orders/o-1/links", {"other_id": "o-2", "link": "same_customer"})
    assert linked.status_code == 200, linked.text


async def test_parts_are_told_when_they_are_asked_for(api: Api, bug: set[str]) -> None:
    await noted(api)
    bug.add("o-1")
    await api.act("/v1/orders/o-1/notes", {"text": "she calls again"})

    plain = await told(api)
    whole = await told(api, "timeline,notes,asides,related")

    assert [plain[part] for part in PARTS] == [None, None, None]
    assert (plain["related"][0]["order_id"], plain["related"][0]["state"]) == ("o-2", None)
    assert whole["timeline"] == (await api.get("/v1/orders/o-1/timeline")).json()
    assert [(each["who"], each["text"]) for each in whole["notes"]] == [("ann", "she called"), ("ann", "she calls")]
    assert whole["asides"] == (await api.get("/v1/orders/o-1/records")).json()["items"]
    assert [each["kind"] for each in whole["asides"]] == ["quarantined"]
    assert whole["related"] == (await api.get("/v1/orders/o-1/related")).json()["items"]
    assert whole["related"][0]["number"] == "N-o-2"
    assert plain["counts"] == whole["counts"] == {"timeline": len(whole["timeline"]["items"]), "records": 1}
    assert whole["hidden"] == []


async def test_a_part_that_the_caller_may_not_see_is_named_as_hidden(api: Api) -> None:
    await noted(api)
    seen = {}
    for scope in (rights.READ, rights.OPERATE, rights.RECEIVE_RETURN):
        order = await told(api.as_(scope), "timeline,notes,asides,related")
        seen[scope] = {part for part in PARTS if order[part] is not None}
        assert {*order["hidden"]} & {*PARTS} == {*PARTS} - seen[scope]
        assert ("related" in order["hidden"]) is (scope != rights.READ)
        assert ("she called" in str(order)) is (scope == rights.READ)
        assert not {*PARTS} & {*(await told(api.as_(scope)))["hidden"]}

    assert seen == {
        rights.READ: {"timeline", "notes"},
        rights.OPERATE: {"timeline", "asides"},
        rights.RECEIVE_RETURN: set(),
    }


async def test_what_is_none_of_the_parts_is_refused_with_the_choice(api: Api) -> None:
    refused = await api.get("/v1/orders/o-1?include=timeline&include=everything")

    assert (refused.status_code, refused.json()["code"]) == (422, "data_invalid")
    assert "timeline, notes, asides, related" in refused.json()["detail"]


async def test_the_history_of_the_money_has_each_step_in_order(api: Api) -> None:
    stage = api.stage
    await stage.say("shop.events", placed("N-o-1"), "o-1")
    await stage.until_state("o-1", State.PAYMENT_PENDING)
    refused = PaymentRefused(request_id=authorization_id("o-1", 1))
    await stage.say("payment.events", refused, "o-1")
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = 'o-1' AND type = 'payment.refused.v1'")
    await stage.say("payment.events", authorized("o-1"), "o-1")
    await stage.say("fraud.events", CLEAR, "o-1")
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = 'o-1' AND type = 'payment.authorized.v1'")
    amount = Money(amount=4500, currency="EUR")
    captured = PaymentCaptured(request_id="c-1", payment_id="pay-o-1", amount=amount)
    await stage.say("payment.events", captured, "o-1")
    await stage.until_rows("SELECT 1 FROM journal WHERE order_id = 'o-1' AND type = 'payment.captured.v1'")

    order = await told(api)
    receiver = await told(api.as_(rights.RECEIVE_RETURN))
    acted = await api.act("/v1/orders/o-1/notes", {"text": "she calls"})

    history = order["payment"]["history"]
    steps = [(each["what"], each["asked"], each["state"], each["payment_id"]) for each in history]
    assert steps == [
        ("payment.authorization_requested.v1", True, None, None),
        ("payment.changed.v1", False, "refused", None),
        ("payment.changed.v1", False, "authorised", "pay-o-1"),
        ("payment.changed.v1", False, "captured", "pay-o-1"),
    ]
    assert [each["seq"] for each in history] == sorted(each["seq"] for each in history)
    assert history[-1]["amount"] == {"amount": 4500, "currency": "EUR"}
    assert receiver["payment"] is None
    assert (acted.json()["order"]["payment"]["history"], acted.json()["order"]["counts"]) == (None, None)


async def test_of_an_order_with_very_many_entries_the_newest_are_searched(beside: Api) -> None:
    stage = beside.stage
    kind = (("ce_type", NoteAdded.type().encode()),)
    note, other = (Outgoing("order.events", 0, b"o-1", each, b'{"text":"she calls"}') for each in (kind, ()))
    said = {"messages": pack([note]), "silent": None, "other": pack([other])}
    await stage.change(ENTRY, first=1, last=1, messages=said["messages"])
    await stage.change(ENTRY, first=2, last=SEARCHED, messages=said["other"])
    await stage.change(ENTRY, first=SEARCHED + 1, last=2 * SEARCHED, messages=said["silent"])

    within = await order_parts.notes(stage.desk, "o-1")
    await stage.change(ENTRY, first=2 * SEARCHED + 1, last=2 * SEARCHED + 1, messages=said["other"])
    beyond = await order_parts.notes(stage.desk, "o-1")

    assert [each.text for each in within] == ["she calls"]
    assert beyond == []


async def test_an_order_is_counted_and_its_money_read_by_one_connection(beside: Api) -> None:
    stage, opened, told = beside.stage, list[object](), list[str]()
    await stage.change(ENTRY, first=1, last=1_001, messages=None)

    def hear(connection: object, _: object, statement: str, *__: object) -> None:
        opened.append(connection)
        told.append(statement)

    event.listen(stage.engine.sync_engine, "before_cursor_execute", hear)
    counts, moves = await order_parts.beside(stage.desk, "o-1", money=True)
    event.remove(stage.engine.sync_engine, "before_cursor_execute", hear)

    assert (counts, moves) == (Counts(1_000, 0), [])
    assert (len(told), len(set(map(id, opened)))) == (2, 1)
