"""Happenings: what each table says can happen to an order or a part of it, as facts and commands for a story."""

from collections.abc import Callable

from contracts import commands as desk
from domain.deciding.decision import Decision
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.facts import Fact
from domain.orders.order import Order
from tests.domain.story.flashes import PIECES, flash_id
from tests.domain.story.orders import REASON
from tests.domain.story.refunds import refund_id
from tests.domain.story.returns import arrived, exchange_order, return_code
from tests.domain.story.story import Story
from tests.domain.world import ADDRESS, CUSTOMER, ELSEWHERE, START, UNKNOWN, line, money, placed

Happening = Callable[[Story], object]


def told(fact: Callable[[Story], Fact]) -> Happening:
    """A partner says this."""
    return lambda story: story.tell(fact(story))


def commanded(command: Callable[[Story], facts.Command]) -> Happening:
    """Somebody who may do all commands this."""
    return lambda story: story.command(command(story))


def always(command: facts.Command) -> Happening:
    return lambda story: story.command(command)


def deadline(kind: str) -> Happening:
    """The deadline of this kind comes, or one that was never set."""

    def come(story: Story) -> object:
        if story.hub.due([kind]):
            return story.hub.fire([kind])
        return story.tell(facts.TimerDue(UNKNOWN, kind, START))

    return come


def _collected(story: Story) -> Fact:
    return facts.CarrierCollected("T-0")


def _in_transit(story: Story) -> Fact:
    return facts.CarrierInTransit("T-0", location="Lyon")


def _trouble(story: Story) -> Fact:
    return facts.CarrierException("T-0", code="address_unknown")


def _submit(story: Story) -> facts.Command:
    return facts.SubmitOrder(
        number="N-1", store="lille", currency="EUR", customer=CUSTOMER, shipping_address=ADDRESS, lines=(line(1, 2),)
    )


def _captured(story: Story) -> Fact:
    """The money was taken; of a cheque that is the answer to the request for it."""
    if story.method == "cheque":
        asked = story.authorized()
        assert isinstance(asked, facts.PaymentAuthorized)
        return facts.PaymentCaptured(asked.request_id, "pay-1", asked.amount)
    return story.captured()


def _cancel_shipment(story: Story) -> facts.Command:
    return desk.CancelShipment(story.shipment().id, reason=REASON)


_WAREHOUSE: dict[str, Happening] = {
    "availability.reported all": told(lambda story: story.reported("available")),
    "availability.reported some missing": told(lambda story: story.reported("restocking")),
    "picking.started": told(lambda story: story.picking()),
    "parcel.packed": told(lambda story: story.packed()),
    "shipment.handed_over": told(lambda story: story.handed_over()),
    "carrier.collected": told(_collected),
    "carrier.in_transit": told(_in_transit),
    "carrier.delivered": told(lambda story: story.delivered()),
    "carrier.exception": told(_trouble),
    "recall.accepted": told(lambda story: story.recall_accepted()),
    "recall.refused": told(lambda story: story.recall_refused()),
    "recall deadline": deadline("recall"),
}
_CANCEL = facts.CancelOrder(reason="customer_choice")
_ORDER: dict[str, Happening] = _WAREHOUSE | {
    "order.placed": told(lambda story: placed(line(1, 2), method=story.method)),
    "payment.authorized": told(lambda story: story.authorized()),
    "payment.refused": told(lambda story: story.refused()),
    "payment.captured": told(_captured),
    "payment.voided": told(lambda story: story.voided()),
    "cheque deadline": deadline("cheque"),
    "fraud.scored clear": told(lambda story: facts.FraudScored("clear")),
    "fraud.scored review": told(lambda story: facts.FraudScored("review")),
    "fraud.customer_answered": told(lambda story: facts.CustomerAnswered("it was me")),
    "follow-up deadline": deadline("follow_up"),
    "closing deadline": deadline("closing"),
    "flash.fulfilled": told(lambda story: facts.FlashFulfilled(UNKNOWN, PIECES)),
    "return.received": told(lambda story: facts.ReturnReceived(UNKNOWN, (facts.ReceivedLine(1, 1),))),
    "refund.executed": told(lambda story: facts.RefundExecuted(UNKNOWN, UNKNOWN, money(100))),
    "order.submit": commanded(_submit),
    "order.void": always(desk.VoidOrder()),
    "call.park": always(desk.ParkCall()),
    "call.transfer": always(desk.TransferCall("bea")),
    "order.approve": always(facts.ApproveOrder(reason=REASON)),
    "order.follow_up": always(facts.FollowUpOrder()),
    "order.cancel": always(_CANCEL),
    "order.cancel fraud_proven": always(changed(_CANCEL, reason="fraud_proven")),
    "order.recall": always(desk.RecallOrder("cancel", reason=REASON)),
    "order.modify": always(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),))),
}
_SHIPMENT: dict[str, Happening] = _WAREHOUSE | {
    "hold released": always(desk.ReleaseHold(reason=REASON)),
    "shipment.cancel": commanded(_cancel_shipment),
    "order.cancel": always(_CANCEL),
    "order.split": always(desk.SplitShipment((desk.LineQuantity(1, 1),), ELSEWHERE, "express")),
}
_RETURN: dict[str, Happening] = {
    "return.confirm": commanded(lambda story: facts.ConfirmReturn(return_code(story))),
    "return.received 1": told(lambda story: arrived(story, 1)),
    "return.received 2": told(lambda story: arrived(story, 2)),
    "return.received 2, good": told(lambda story: arrived(story, 2, good=True)),
    "return.received 3": told(lambda story: arrived(story, 3)),
    "return.validate": commanded(lambda story: facts.ValidateReturn(return_code(story))),
    "return.close_short": commanded(lambda story: facts.CloseReturnShort(return_code(story))),
    "return.cancel": commanded(lambda story: facts.CancelReturn(return_code(story), reason=REASON)),
    "return.refuse": commanded(lambda story: facts.RefuseReturn(return_code(story), reason=REASON)),
    "return deadline": deadline("return"),
}
_REFUND: dict[str, Happening] = {
    "refund.approve": commanded(lambda story: facts.ApproveRefund(refund_id(story))),
    "refund.cancel": commanded(lambda story: facts.CancelRefund(refund_id(story))),
    "refund.executed": told(lambda story: story.refund_executed()),
    "refund.failed": told(lambda story: story.refund_failed()),
    "refund.manual_done": commanded(lambda story: desk.RefundDone(refund_id(story))),
    "refund.retender": commanded(lambda story: desk.RetenderRefund(refund_id(story), reason=REASON)),
}


def _of_the_exchange_order(fact: Callable[[Story], Fact]) -> Happening:
    def say(story: Story) -> Decision[Order]:
        other = exchange_order(story)
        return other.tell(fact(other))

    return say


def _refused(story: Story) -> object:
    story.tell(arrived(story, 2))
    return story.command(facts.RefuseReturn(return_code(story), reason=REASON))


_EXCHANGE: dict[str, Happening] = {
    "return validated": told(lambda story: arrived(story, 2, good=True)),
    "return cancelled": _RETURN["return.cancel"],
    "return refused": _refused,
    "return expired": deadline("return"),
    "return.switch_outcome": commanded(lambda story: facts.SwitchReturnOutcome(return_code(story))),
    "availability.reported all": _of_the_exchange_order(lambda story: story.reported("available")),
    "availability.reported some missing": _of_the_exchange_order(lambda story: story.reported("restocking")),
    "carrier.delivered": _of_the_exchange_order(lambda story: story.delivered()),
}
_FLASH: dict[str, Happening] = {
    "flash.add": commanded(lambda story: facts.AddToFlash(flash_id(story), (facts.FulfilledLine(1, 1),))),
    "flash.remove": commanded(lambda story: facts.RemoveFromFlash(flash_id(story), (1,))),
    "flash.send": commanded(lambda story: facts.SendFlash(flash_id(story))),
    "flash.cancel": commanded(lambda story: facts.CancelFlash(flash_id(story))),
    "flash.accepted": told(lambda story: facts.FlashAccepted(flash_id(story))),
    "flash.fulfilled": told(lambda story: facts.FlashFulfilled(flash_id(story), PIECES)),
    "flash.refused": told(lambda story: facts.FlashRefused(flash_id(story))),
    "flash deadline": deadline("flash"),
    "order cancelled": always(_CANCEL),
}
_HOLD: dict[str, Happening] = {
    "order.hold": always(desk.HoldOrder(reason=REASON)),
    "order.suspend": always(desk.SuspendOrder(reason=REASON)),
    "order.release_hold csr": always(desk.ReleaseHold("csr", reason=REASON)),
    "order.release_hold suspended": always(desk.ReleaseHold("suspended", reason=REASON)),
    "order.release_hold logistics": always(desk.ReleaseHold("logistics", reason=REASON)),
    "order.release_hold exchange": always(desk.ReleaseHold("exchange", reason=REASON)),
    "order.release_hold recall": always(desk.ReleaseHold("recall", reason=REASON)),
    "order.release_hold alert": always(desk.ReleaseHold("alert", reason=REASON)),
    "order.resume": always(desk.ResumeOrder(reason=REASON)),
    "alert.flag": always(desk.FlagAlert("strange")),
    "alert.flag as a warning": always(desk.FlagAlert("strange", blocking=False)),
    "alert.clear": always(desk.ClearAlert("look", reason=REASON)),
    "recall.accepted": _WAREHOUSE["recall.accepted"],
    "recall.refused": _WAREHOUSE["recall.refused"],
    "recall deadline": deadline("recall"),
    "availability.reported all": _WAREHOUSE["availability.reported all"],
    "fraud.scored review": _ORDER["fraud.scored review"],
}
HAPPENINGS: dict[str, dict[str, Happening]] = {
    "order": _ORDER,
    "shipment": _SHIPMENT,
    "return": _RETURN,
    "refund": _REFUND,
    "exchange": _EXCHANGE,
    "flash": _FLASH,
    "hold": _HOLD,
}
"""What can happen, by table and name."""
