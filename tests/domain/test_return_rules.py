"""Returns, rule by rule: opened for an outcome, known by a code, received by the piece, then accepted."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome, Reference
from domain.orders import events, facts, requests
from domain.orders.order import Return
from tests.domain.story import Story, brought_to
from tests.domain.world import BOSS, code_of, hint_of, line, somebody

rule = pytest.mark.rule
ONE = facts.ReturnLine(1, 1)
TWO = facts.ReturnLine(1, 2)


def opened(story: Story, *lines: facts.ReturnLine, outcome: str = "refund", receipt: bool = True) -> str:
    """The code of a return that an agent drafts."""
    story.command(facts.CreateReturn(lines, outcome, receipt_required=receipt))
    return story.order.returns[-1].code


def confirmed(story: Story, *lines: facts.ReturnLine, outcome: str = "refund") -> str:
    """The code of a return whose parcel may come."""
    code = opened(story, *lines, outcome=outcome)
    story.command(facts.ConfirmReturn(code))
    story.hub.drain_internal()
    return code


def parcel(code: str, *quantities: int, good: bool = False) -> facts.ReturnReceived:
    """A parcel with so many pieces of line 1, 2 and so on."""
    lines = tuple(facts.ReceivedLine(number, quantity) for number, quantity in enumerate(quantities, start=1))
    return facts.ReturnReceived(code, lines, validated=good)


def of(story: Story, code: str) -> Return:
    return next(returned for returned in story.order.returns if returned.code == code)


@rule("PEL-08")
def test_an_agent_opens_a_return() -> None:
    story = brought_to("delivered")

    denied = story.command(facts.CreateReturn((ONE,)), somebody("orders.manage"))
    decision = story.command(facts.CreateReturn((ONE,)), somebody("return.create"))

    assert code_of(denied) == "scope"
    (returned,) = story.order.returns
    assert returned.state == "draft"
    assert drafted(decision.events) == [(returned.code, "refund")]


@rule("R-01", "R-02", "R-03")
@pytest.mark.parametrize(("receipt", "state"), [(True, "awaiting_receipt"), (False, "validated")])
def test_one_command_drafts_and_confirms(receipt: bool, state: str) -> None:
    story, apart = brought_to("delivered"), brought_to("delivered")

    decision = story.command(facts.CreateReturn((ONE,), receipt_required=receipt, confirm=True))
    apart.command(facts.ConfirmReturn(opened(apart, ONE, receipt=receipt)))

    (returned,) = story.order.returns
    assert (decision.refusal, returned.state) == (None, state)
    assert (story.asked(requests.ReturnAnnounced) is None) == (not receipt)
    assert (story.order.returns[0].lines, story.order.returns[0].state) == (
        apart.order.returns[0].lines,
        apart.order.returns[0].state,
    )


@rule("R-04", "EP-40")
def test_a_return_of_goods_and_a_digital_line_is_complete_with_its_goods() -> None:
    story = brought_to("delivered", lines=(line(1, 1), line(2, 1, kind="digital")))
    code = confirmed(story, ONE, facts.ReturnLine(2, 1))

    story.tell(parcel(code, 1, good=True))

    announced = story.asked(requests.ReturnAnnounced)
    assert announced is not None
    assert [each.line for each in announced.lines] == [1]
    assert of(story, code).state == "validated"
    assert story.order.refunds[0].amount == 5000


@rule("R-14")
def test_pieces_that_arrive_after_a_return_was_closed_short_are_shown() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)
    story.tell(parcel(code, 1))
    story.command(facts.CloseReturnShort(code))

    story.tell(parcel(code, 1))

    assert "excess" in {alert.name for alert in story.order.alerts}
    assert [each.amount for each in story.order.refunds] == [2500]


@rule("PEL-24")
def test_one_kind_of_code_serves_returns_for_money_for_another_size_and_for_something_dearer() -> None:
    story = brought_to("delivered", lines=(line(1, 3),))

    money = confirmed(story, ONE)
    size = confirmed(story, facts.ReturnLine(1, 1, exchange_sku="shirt-1-L"), outcome="exchange")
    uneven = story.command(facts.CreateReturn((facts.ReturnLine(1, 1, exchange_sku="coat-9-M"),), "exchange"))
    dearer = confirmed(story, ONE)
    story.command(desk.LinkOrder("order-of-the-coat"))

    assert "order.link" in hint_of(uneven)
    assert [(each.code, each.outcome) for each in story.order.returns] == [
        (money, "refund"),
        (size, "exchange"),
        (dearer, "refund"),
    ]
    assert all(story.asked(requests.ReturnAnnounced, rma_code=code) for code in (money, size, dearer))
    assert "order-of-the-coat" in story.order.links


@rule("EP-39")
def test_each_return_has_a_code_of_its_own_and_a_parcel_counts_for_the_one_it_names() -> None:
    story = brought_to("delivered")
    first, second = confirmed(story, ONE), confirmed(story, ONE)

    story.tell(parcel(second, 1))

    assert first != second
    assert (of(story, first).state, of(story, second).state) == ("awaiting_receipt", "received")


@rule("EP-39", "OSM-87")
def test_the_code_leads_to_the_order_and_is_told_to_the_customer() -> None:
    story = brought_to("delivered")

    drafted = story.command(facts.CreateReturn((ONE,)))
    code = story.order.returns[0].code
    story.command(facts.ConfirmReturn(code))

    assert Reference("rma", "hub", code) in drafted.references
    assert story.asked(requests.EmailRequested, template="rma", rma_code=code) is not None


def drafted(said: Iterable[events.Event]) -> list[tuple[str, str]]:
    return [(event.rma_code, event.outcome) for event in said if isinstance(event, events.ReturnDrafted)]


@rule("EP-41")
def test_each_returned_line_says_how_many_why_and_what_the_agent_adds() -> None:
    story = brought_to("delivered", lines=(line(1, 2), line(2, 1)))

    code = opened(story, facts.ReturnLine(1, 2, "wrong_size"), facts.ReturnLine(2, 1, "defective", "the zip is torn"))

    kept = [(each.line, each.quantity, each.reason, each.comment) for each in of(story, code).lines]
    assert kept == [(1, 2, "wrong_size", None), (2, 1, "defective", "the zip is torn")]


@pytest.mark.parametrize(("receipt", "state", "refunds"), [(True, "awaiting_receipt", 0), (False, "validated", 1)])
@rule("EP-42")
def test_it_is_said_beforehand_whether_the_goods_have_to_arrive(receipt: bool, state: str, refunds: int) -> None:
    story = brought_to("delivered")
    code = opened(story, ONE, receipt=receipt)

    story.command(facts.ConfirmReturn(code))

    assert (of(story, code).state, len(story.order.refunds)) == (state, refunds)
    assert (story.asked(requests.ReturnAnnounced) is not None) is receipt


@rule("EP-49")
def test_the_warehouse_is_told_the_code_under_which_goods_come_back() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)

    stranger = story.tell(parcel("RMA-OTHER", 2, good=True))
    waits = of(story, code).state
    story.tell(parcel(code, 2, good=True))

    announced = story.asked(requests.ReturnAnnounced)
    assert announced is not None
    assert (announced.rma_code, announced.number) == (code, story.order.number)
    assert announced.lines == (requests.AskedLine(1, "shirt-1-M", 2),)
    assert (stranger.outcome, waits, of(story, code).state) == (Outcome.PARKED, "awaiting_receipt", "validated")


@pytest.mark.parametrize(("outcome", "refunds", "released"), [("refund", 1, []), ("exchange", 0, ["released"])])
@rule("OSM-82", "OSM-89")
def test_what_a_receipt_sets_free_was_chosen_when_the_return_was_opened(
    outcome: str, refunds: int, released: list[str]
) -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO, outcome=outcome)

    story.tell(parcel(code, 2, good=True))

    assert drafted(e for d in story.hub.decisions for e in d.events) == [(code, outcome)]
    assert len(story.order.refunds) == refunds
    assert [exchange.state for exchange in story.order.exchanges] == released


@rule("OSM-85")
def test_a_return_is_drafted_first_and_confirmed_then() -> None:
    story = brought_to("delivered")

    code = opened(story, TWO)
    early = story.tell(parcel(code, 2))
    drafted = (of(story, code).state, story.asked(requests.ReturnAnnounced))
    story.command(facts.ConfirmReturn(code))

    assert (early.outcome, drafted) == (Outcome.PARKED, ("draft", None))
    assert story.asked(requests.ReturnAnnounced) is not None
    assert of(story, code).state == "received"


@rule("OSM-87")
def test_a_customer_opens_a_return_online_and_the_desk_finds_it_by_its_number() -> None:
    story = brought_to("delivered")

    decision = story.tell(facts.ReturnRequested((TWO,)))
    (returned,) = story.order.returns
    story.tell(parcel(returned.code, 2))
    unknown = story.command(facts.ValidateReturn("RMA-NEVER"))
    story.command(facts.ValidateReturn(returned.code))

    assert decision.outcome is Outcome.APPLIED
    assert returned.state == "awaiting_receipt"
    assert Reference("rma", "hub", returned.code) in decision.references
    assert code_of(unknown) == "gate"
    assert of(story, returned.code).state == "validated"


@rule("OSM-88")
def test_the_quantity_that_really_came_is_noted_per_line() -> None:
    story = brought_to("delivered", lines=(line(1, 2), line(2, 2)))
    code = confirmed(story, TWO, facts.ReturnLine(2, 2))

    decision = story.tell(parcel(code, 2, 1))
    first = [each.received for each in of(story, code).lines]
    story.command(facts.ReceiveReturn(code, (facts.ReceivedLine(2, 1),)))

    (told,) = [event for event in decision.events if isinstance(event, events.ReturnReceived)]
    assert (told.complete, [(each.line, each.quantity) for each in told.lines]) == (False, [(1, 2), (2, 1)])
    assert (first, [each.received for each in of(story, code).lines]) == ([2, 1], [2, 2])


@rule("OSM-88", "EP-41")
def test_a_line_that_comes_back_for_two_reasons_is_paid_back_by_the_pieces_that_came() -> None:
    story = brought_to("delivered")
    code = confirmed(story, facts.ReturnLine(1, 1, "wrong_size"), facts.ReturnLine(1, 1, "defective"))

    story.tell(parcel(code, 1, good=True))
    partly = (of(story, code).state, [each.received for each in of(story, code).lines])
    story.command(facts.CloseReturnShort(code))

    assert partly == ("partially_received", [1, 0])
    assert [refund.amount for refund in story.order.refunds] == [2500]


@rule("OSM-88")
def test_a_receipt_may_name_a_line_more_than_once() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)

    story.tell(facts.ReturnReceived(code, (facts.ReceivedLine(1, 1), facts.ReceivedLine(1, 1)), validated=False))

    assert (of(story, code).state, [each.received for each in of(story, code).lines]) == ("received", [2])


def test_a_line_is_exchanged_for_one_article_per_return() -> None:
    story = brought_to("delivered")
    sizes = (facts.ReturnLine(1, 1, exchange_sku="shirt-1-L"), facts.ReturnLine(1, 1, exchange_sku="shirt-1-S"))

    both = story.command(facts.CreateReturn(sizes, "exchange"))
    apart = [story.command(facts.CreateReturn((size,), "exchange")) for size in sizes]

    assert code_of(both) == "gate"
    assert [code_of(each) for each in apart] == [None, None]


@rule("A-17")
def test_a_return_closed_short_pays_back_what_arrived() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)

    story.tell(parcel(code, 1, good=True))
    partly = (of(story, code).state, story.order.refunds)
    story.command(facts.CloseReturnShort(code))

    assert partly == ("partially_received", ())
    assert [refund.amount for refund in story.order.refunds] == [2500]


@rule("A-17")
def test_an_exchange_waits_for_all_pieces_or_is_closed_with_those_that_came() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO, outcome="exchange")
    exchange = story.other(story.order.exchanges[0].order_id)
    exchange.tell(exchange.available())

    story.tell(parcel(code, 1, good=True))
    story.hub.drain_internal()
    waits = (exchange.order.holds, exchange.asked(requests.ShipmentRelease))
    story.command(facts.CloseReturnShort(code))
    story.hub.drain_internal()

    assert waits == (("exchange",), None)
    release = exchange.asked(requests.ShipmentRelease)
    assert release is not None
    assert [entry.quantity for entry in release.lines] == [1]


@pytest.mark.parametrize("scope", ["return.receive", "return.create"])
@rule("A-18")
def test_received_goods_wait_until_somebody_who_may_accepts_them(scope: str) -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)

    story.tell(parcel(code, 2))
    waits = (of(story, code).state, story.order.refunds)
    denied = story.command(facts.ValidateReturn(code), somebody("orders.manage"))
    story.command(facts.ValidateReturn(code), somebody(scope))

    assert (waits, code_of(denied)) == (("received", ()), "scope")
    assert (of(story, code).state, len(story.order.refunds)) == ("validated", 1)


@rule("A-18")
def test_one_message_may_say_that_goods_came_and_are_good() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)

    decision = story.tell(parcel(code, 2, good=True))

    assert of(story, code).state == "validated"
    said = [type(event) for event in decision.events]
    assert said.index(events.ReturnReceived) < said.index(events.ReturnValidated)


@rule("A-19")
def test_a_code_authorises_a_receipt_records_and_goodwill_has_neither() -> None:
    story = brought_to("delivered")
    code = confirmed(story, ONE)

    authorised = of(story, code).receipts
    story.tell(parcel(code, 1, good=True))
    story.command(desk.RequestRefund("goodwill", amount=300, reason="late"))

    returned, goodwill = story.order.refunds
    assert (authorised, [receipt.lines for receipt in of(story, code).receipts]) == ((), [(facts.ReceivedLine(1, 1),)])
    assert (returned.origin, returned.rma_code) == ("rma", code)
    assert (goodwill.origin, goodwill.rma_code) == ("goodwill", None)
    assert len(story.order.returns) == 1


@rule("A-40", "R-13")
def test_a_parcel_out_of_nowhere_is_a_persons_matter_and_never_moves_money() -> None:
    story = brought_to("delivered")

    story.tell(parcel("RMA-NOBODY", 2, good=True))
    story.due("parked")

    assert "unannounced_return" in [alert.name for alert in story.order.alerts]
    assert (story.order.returns, story.order.refunds) == ((), ())
    assert story.asked(requests.RefundRequested) is None


@pytest.mark.parametrize("state", ["sent", "delivered", "completed", "cancelled"])
@rule("R-13")
def test_nobody_waits_a_day_to_hear_of_a_parcel_under_a_code_that_was_never_given(state: str) -> None:
    story = brought_to(state)

    story.tell(parcel("RMA-NOBODY", 1))

    assert [timer.due_at - timer.since for timer in story.order.timers if timer.kind == "parked"] == [timedelta()]
    story.due("parked")
    assert [alert.name for alert in story.order.alerts] == ["unannounced_return"]


@pytest.mark.parametrize("known", [True, False])
def test_a_parcel_waits_where_its_return_may_still_be_confirmed(*, known: bool) -> None:
    story = brought_to("delivered" if known else "confirmed")
    code = opened(story, ONE) if known else "RMA-EARLY"

    story.tell(parcel(code, 1))

    waits = next(timer for timer in story.order.timers if timer.kind == "parked")
    assert waits.due_at - waits.since == story.hub.policy.parked


@rule("R-13", "R-04")
def test_the_alert_of_a_parcel_stands_until_the_last_one_has_found_its_return() -> None:
    story = brought_to("delivered")
    code = opened(story, ONE)
    story.tell(parcel("RMA-NOBODY", 1))
    story.tell(parcel(code, 1))
    story.due("parked")

    story.command(facts.ConfirmReturn(code))

    assert of(story, code).state == "received"
    assert [alert.name for alert in story.order.alerts] == ["unannounced_return"]


HINTS = {
    "draft": "return.confirm",
    "awaiting_receipt": "return.cancel",
    "partially_received": "return.close_short",
    "received": "return.refuse",
    "validated": "refund",
    "cancelled": "return.create",
}


@pytest.mark.parametrize("state", HINTS)
def test_a_refused_step_of_a_return_names_the_next_one(state: str) -> None:
    story = brought_to("delivered")
    code = opened(story, TWO)
    steps: dict[str, list[facts.Fact]] = {
        "draft": [],
        "awaiting_receipt": [facts.ConfirmReturn(code)],
        "partially_received": [facts.ConfirmReturn(code), parcel(code, 1)],
        "received": [facts.ConfirmReturn(code), parcel(code, 2)],
        "validated": [facts.ConfirmReturn(code), parcel(code, 2, good=True)],
        "cancelled": [facts.ConfirmReturn(code), facts.CancelReturn(code)],
    }
    for step in steps[state]:
        story.tell(step, BOSS)
    wrong = facts.ConfirmReturn(code) if state in ("received", "validated") else facts.ValidateReturn(code)

    decision = story.command(wrong)

    assert (of(story, code).state, code_of(decision)) == (state, "gate")
    assert HINTS[state] in hint_of(decision)


@rule("A-40", "R-13")
def test_a_parcel_of_a_cancelled_return_is_unannounced_too() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)
    story.command(facts.CancelReturn(code, reason="kept it"))

    story.tell(parcel(code, 2, good=True))

    assert "unannounced_return" in [alert.name for alert in story.order.alerts]
    assert (of(story, code).state, story.order.refunds) == ("cancelled", ())


@rule("EP-44", "F-06")
def test_pieces_whose_refund_was_cancelled_can_be_refunded_with_another_amount() -> None:
    story = brought_to("delivered")
    code = confirmed(story, ONE, outcome="refund")
    story.tell(parcel(code, 1))
    story.hub.policy = replace(story.hub.policy, refund_automatic=False)
    story.command(facts.ValidateReturn(code))
    suggested = story.order.refunds[0]
    ask = desk.RequestRefund(lines=(desk.LineQuantity(1, 2),), amount=1200, reason="scratched")

    before = story.command(ask)
    story.command(facts.CancelRefund(suggested.id))
    after = story.command(ask)

    assert code_of(before) == "amount_exceeds"
    assert (code_of(after), story.order.refunds[-1].amount) == (None, 1200)


@rule("R-04")
def test_a_parcel_with_nothing_of_the_return_leaves_it_awaited() -> None:
    story = brought_to("delivered")
    code = confirmed(story, ONE, outcome="refund")

    story.tell(facts.ReturnReceived(code, (facts.ReceivedLine(7, 1),)))

    awaited = of(story, code).state
    story.tell(parcel(code, 1))

    assert awaited == "awaiting_receipt"
    assert of(story, code).state == "received"
    assert [alert.name for alert in story.order.alerts] == ["excess"]


@rule("R-11")
def test_who_refuses_returned_goods_says_why() -> None:
    story = brought_to("delivered")
    code = confirmed(story, ONE)
    story.tell(parcel(code, 1))

    silent = story.command(facts.RefuseReturn(code))
    told = story.command(facts.RefuseReturn(code, reason="worn"))

    assert (code_of(silent), code_of(told)) == ("reason_required", None)
    assert of(story, code).state == "refused"


@rule("R-01")
def test_the_digital_line_of_an_order_that_is_sent_can_come_back() -> None:
    story = brought_to("sent", lines=(line(1, 1), line(2, 1, kind="digital")))

    assert code_of(story.command(facts.CreateReturn((facts.ReturnLine(2, 1),)))) is None


@rule("R-13")
def test_who_receives_a_second_parcel_of_an_ended_return_gets_an_answer() -> None:
    story = brought_to("delivered")
    code = confirmed(story, TWO)
    story.command(facts.CancelReturn(code, reason="kept"))
    arrived = facts.ReceiveReturn(code, (facts.ReceivedLine(1, 1),))
    story.command(arrived)

    decision = story.command(arrived)

    assert [type(event) for event in decision.events] == [events.CommandAccepted]


@rule("EP-42")
def test_an_exchange_without_a_receipt_is_refused() -> None:
    story = brought_to("delivered")

    decision = story.command(facts.CreateReturn((ONE,), "exchange", receipt_required=False))

    assert (code_of(decision), hint_of(decision)) == ("gate", "require the receipt, or return it for a refund")
