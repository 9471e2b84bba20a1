"""Refunds, rule by rule: asked for, suggested, taken back or said yes to, paid the way the money came."""

import pytest

from contracts import commands as desk
from domain.deciding.money import Money
from domain.orders import events, facts, requests
from tests.domain.story import Story, brought_to
from tests.domain.world import code_of, somebody

rule = pytest.mark.rule
ONE = (desk.LineQuantity(1, 1),)
AGENT = somebody("orders.manage", name="ann")
PROMOTED = (facts.OrderLine(line=1, sku="shirt-1-M", quantity=2, unit_price=2500, discount=600),)


def asked_back(**given: object) -> Story:
    """A delivered order of which a piece is to be paid back."""
    story = brought_to("delivered")
    story.command(desk.RequestRefund("items", ONE, reason="scratched", **given), AGENT)  # type: ignore[arg-type]
    return story


def approved(story: Story) -> requests.RefundRequested | None:
    """What the payment service is asked once the story's refund is approved."""
    story.command(facts.ApproveRefund(story.order.refunds[0].id))
    return story.asked(requests.RefundRequested)


@rule("PEL-09")
def test_an_agent_asks_for_money_to_be_given_back() -> None:
    story = brought_to("delivered")

    decision = story.command(desk.RequestRefund("items", ONE, reason="scratched"), AGENT)

    (refund,) = story.order.refunds
    assert (refund.state, refund.amount, refund.requested_by) == ("requested", 2500, "ann")
    assert events.RefundRequested(refund.id, Money(2500, "EUR"), "items") in decision.events


@pytest.mark.parametrize(("entered", "amount"), [(None, 2200), (1000, 1000)])
@rule("EP-44")
def test_the_amount_follows_from_price_and_promotion_unless_a_person_enters_another(
    entered: int | None, amount: int
) -> None:
    story = brought_to("delivered", lines=PROMOTED)

    story.command(desk.RequestRefund("items", ONE, amount=entered, reason="scratched"))

    assert [refund.amount for refund in story.order.refunds] == [amount]


@rule("EP-44")
def test_what_came_back_is_suggested_at_the_price_that_was_paid() -> None:
    story = brought_to("delivered", lines=PROMOTED)

    story.tell(facts.ReturnRequested((facts.ReturnLine(1, 1),)))
    story.tell(facts.ReturnReceived(story.order.returns[0].code, (facts.ReceivedLine(1, 1),), validated=True))

    assert [refund.amount for refund in story.order.refunds] == [2200]


@rule("EP-47", "EP-56")
def test_money_goes_back_the_way_it_came() -> None:
    story = asked_back()

    request = approved(story)

    assert request is not None
    assert (request.payment_id, request.tender) == (story.order.payment.payment_id, "original")
    assert request.amount == Money(2500, "EUR")


@rule("EP-47")
def test_the_money_of_a_cheque_is_never_asked_of_the_payment_service() -> None:
    story = brought_to("delivered", method="cheque")
    story.command(desk.RequestRefund("items", ONE, reason="scratched"))
    story.tell(facts.ReturnRequested((facts.ReturnLine(1, 1),)))
    story.tell(facts.ReturnReceived(story.order.returns[0].code, (facts.ReceivedLine(1, 1),), validated=True))

    for refund in story.order.refunds:
        story.command(facts.ApproveRefund(refund.id))

    assert [(refund.state, refund.tender) for refund in story.order.refunds] == [("approved", "manual")] * 2
    assert story.asked(requests.RefundRequested) is None


@rule("EP-56")
def test_a_refund_names_its_amount_its_currency_and_where_it_goes() -> None:
    story = asked_back(amount=1234, tender="alternate")
    unnamed = story.command(desk.RequestRefund("goodwill", reason="late"))

    request = approved(story)

    assert request is not None
    assert (request.amount, request.tender) == (Money(1234, "EUR"), "alternate")
    assert code_of(unnamed) == "amount_exceeds"


@rule("OSM-70")
def test_a_yes_is_final_and_asks_the_payment_service_to_pay() -> None:
    story = asked_back()
    (refund,) = story.order.refunds

    before = story.asked(requests.RefundRequested)
    request = approved(story)
    regretted = story.command(facts.CancelRefund(refund.id))

    assert before is None
    assert request is not None
    assert (request.refund_id, code_of(regretted)) == (refund.id, "gate")
    assert story.order.refunds[0].state == "approved"


@rule("OSM-71")
def test_before_the_yes_a_refund_is_taken_back() -> None:
    story = asked_back()
    (refund,) = story.order.refunds

    decision = story.command(facts.CancelRefund(refund.id))
    request = approved(story)

    assert events.RefundCancelled(refund.id) in decision.events
    assert (story.order.refunds[0].state, request) == ("cancelled", None)


@rule("OSM-72")
def test_the_customer_gets_one_e_mail_about_the_refund_by_itself() -> None:
    story = asked_back()
    approved(story)

    story.tell(story.refund_executed())
    story.tell(story.refund_executed())

    emails = [r for _, r in story.hub.asked if isinstance(r, requests.EmailRequested) and r.template == "refund"]
    assert [email.refund_id for email in emails] == [story.order.refunds[0].id]
