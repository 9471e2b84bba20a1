"""Commands: one row says all of each: its name, its rule, when it is open, who may give it, when it is offered.

A command without a row can't be imported, and what `TABLE` doesn't open is shut. Scopes, gates, locks, the rules, the
consumer's table, what agents are offered and the page on rules all follow from it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts import commands as desk
from domain import rights
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.orders import cancellation, facts, holds, lifecycle, placing
from domain.orders.commanding import Access, Chosen, Command, Judged, Lock, Offer, Open, Special, check, command
from domain.orders.desk import addresses, contents, drafts, locks, notes, offers, prices, saves, shipments
from domain.orders.goods import flash_drafts, flash_reorders, recalls
from domain.orders.money import by_hand, cheques, credit_notes, payments, refunds
from domain.orders.order import ORDERS, Order
from domain.orders.returns import return_requests, returns
from domain.orders.scratchpad import OrderPad

FRAUD_PROVEN: Final = "fraud_proven"
GOODWILL: Final = "goodwill"


def _stateful(pad: OrderPad, fact: facts.FollowUpOrder) -> Answer:
    """Refuse what the order's table has no row for in this state."""
    if not lifecycle.allows(pad.order.state, type(fact)):
        detail = f"an order that is {pad.order.state} can't be changed like this"
        return Refusal("gate", detail, "hub order show lists what may be done now")
    return Outcome.APPLIED


def _accepted(pad: OrderPad, fact: facts.Fact) -> Answer:
    return Outcome.APPLIED


def _doubted(order: Order, said: facts.Command) -> bool:
    return order.state in ORDERS["doubted"]


def _proves_fraud(order: Order, said: facts.Command) -> bool:
    return said.reason == FRAUD_PROVEN


def _of_logistics(order: Order, said: desk.ReleaseHold) -> bool:
    return holds.meant(order, said) == holds.LOGISTICS


def _is_goodwill(order: Order, said: desk.RequestRefund) -> bool:
    return said.kind == GOODWILL


def _forces(order: Order, said: desk.UnlockOrder) -> bool:
    return said.force


def _refund_row(said: desk.RequestRefund) -> str:
    return "item refund" if said.kind == "items" else "goodwill refund"


_FRAUD: Final = Special(rights.REVIEW, _proves_fraud, f"with the reason `{FRAUD_PROVEN}`")
_ENDING: Final = (FRAUD_PROVEN, "single_line_out_of_stock")
_BY_RETURN: Final = Judged(returns.MACHINE, lambda order: order.returns)
_BY_REFUND: Final = Judged(refunds.MACHINE, lambda order: order.refunds)
_BY_FLASH: Final = Judged(flash_reorders.MACHINE, lambda order: order.flashes)
_BY_KIND: Final = Chosen(("item refund", "goodwill refund"), _refund_row)
_NEW: Final = Open("it is the first that is heard of an order; the rule refuses it for any other")
_BY_PAYMENT: Final = Open("the payment's state decides, whatever the order is")
_BY_DRAFT: Final = Open("only a flash reorder that is a draft is edited, and the rule refuses any other")
_BY_EXCHANGE: Final = Open("the exchange's state decides, and the rule refuses any other")
_ALERT: Final = Open("an alert may stand in any state")
_LOCK: Final = Open("a lock may stand in any state")
_ARTICLE: Final = Open("it is about an article of the warehouse, whatever the order is")
_WAITING: Final = Open("it is about records that wait, whatever the order is")
_PART_BY_PART: Final = Open("each part of it has the gate of the command that it stands for, and the rule asks them")
_UNLOCK: Final = (Offer(rights.MANAGE, offers.locked, own=True), Offer(rights.UNLOCK, offers.locked))
_APPROVE: Final = (Offer(rights.MANAGE, offers.approvable_draft), Offer(rights.REVIEW, offers.approvable_after_doubt))
_RELEASE: Final = (
    Offer(rights.MANAGE, offers.on_hold(holds.CSR, holds.SUSPENDED)),
    Offer(rights.RELEASE_LOGISTICS, offers.on_hold(holds.LOGISTICS)),
)
_REFUND: Final = (Offer(rights.MANAGE, offers.gate("item refund")), Offer(rights.CREATE_REFUND, offers.has_taken_money))
_DOUBTED: Final = Special(rights.REVIEW, _doubted, "for a doubted order")
_PARTING: Final = Special(rights.SPLIT, saves.splits, "where it splits shipments, besides")
_LOGISTICS: Final = Special(rights.RELEASE_LOGISTICS, _of_logistics, "for the hold `logistics`")
_GOODWILL: Final = Special(rights.CREATE_REFUND, _is_goodwill, "for goodwill")
_FORCED: Final = Special(rights.UNLOCK, _forces, "with force")
FORBIDS, SAVES, PASSES = Lock
_MANAGES: Final = Access(rights.MANAGE, FORBIDS)
_EDITS: Final = Access(rights.MANAGE, SAVES)
_NOTES: Final = Access(rights.MANAGE, PASSES)
_ENDS: Final = Access(rights.MANAGE, SAVES, special=(_FRAUD,))
_CHEQUE: Final = Access(rights.CHEQUE, FORBIDS)
_SETTLES: Final = Access(rights.SETTLE_PAYMENT, PASSES)
_ANNOUNCES: Final = Access(rights.CREATE_RETURN, FORBIDS)
_RECEIVES: Final = Access(rights.RECEIVE_RETURN, PASSES)
_VALIDATES: Final = Access(rights.RECEIVE_RETURN, PASSES, also=rights.CREATE_RETURN)
_TAKES_BACK: Final = Access(rights.APPROVE_REFUND, PASSES, also=rights.MANAGE)  # OSM-71
_CLOSES: Final = Access(rights.RECEIVE_RETURN, FORBIDS)
_REFUNDS: Final = Access(rights.APPROVE_REFUND, PASSES)
_OPERATES: Final = Access(rights.OPERATE, PASSES)
_TRANSFERS: Final = Access(rights.TRANSFER, FORBIDS)
_REVIEWS: Final = Access(rights.REVIEW, FORBIDS)
_APPROVES: Final = Access(rights.MANAGE, FORBIDS, special=(_DOUBTED,))
_SAVES: Final = Access(rights.MANAGE, SAVES, special=(_PARTING,))
_SPLITS: Final = Access(rights.SPLIT, SAVES)
_RECALLS: Final = Access(rights.RECALL, FORBIDS, special=(_FRAUD,))
_RELEASES: Final = Access(rights.MANAGE, FORBIDS, special=(_LOGISTICS,))
_GIVES: Final = Access(rights.MANAGE, FORBIDS, special=(_GOODWILL,))
_UNLOCKS: Final = Access(rights.MANAGE, PASSES, special=(_FORCED,))

TABLE: Final[tuple[Command, ...]] = (
    command(facts.SubmitOrder, placing.begin, "submit", "submit", _MANAGES, offers.submittable, begins=True),
    command(desk.DraftOrder, placing.begin, "draft", _NEW, _NOTES, begins=True),
    command(desk.ParkCall, drafts.call, "park the call", "call", _MANAGES),
    command(desk.TransferCall, drafts.call, "hand the call over", "call", _TRANSFERS),
    command(desk.VoidCall, drafts.void, "drop the call", "void", _MANAGES),
    command(desk.VoidOrder, drafts.void, "drop the draft", "void", _MANAGES),
    command(facts.ApproveOrder, drafts.approvable, "approve", "approve", _APPROVES, _APPROVE),
    command(facts.FollowUpOrder, _stateful, "ask the customer", "follow up", _REVIEWS, offers.in_review),
    command(desk.CheckCheque, cheques.check, "check the cheque", "cheque", _CHEQUE, offers.awaits_cheque),
    command(desk.AuthorizeCheque, payments.step_cheque, "authorise the cheque", "cheque", _CHEQUE, offers.cheque_asked),
    command(
        desk.ValidateCheque, payments.step_cheque, "validate the cheque", "cheque", _CHEQUE, offers.cheque_authorised
    ),
    command(
        desk.ClearRetries, payments.clear_retries, "plan no more tries", _BY_PAYMENT, _NOTES, offers.retries_planned
    ),
    command(desk.RetryPayment, by_hand.retry, "ask for the money again", _BY_PAYMENT, _SETTLES, by_hand.retryable),
    command(desk.NotePayment, by_hand.note, "note what the provider did", _BY_PAYMENT, _SETTLES, by_hand.notable),
    command(desk.BookPayment, by_hand.book, "book what the provider did", _BY_PAYMENT, _SETTLES, by_hand.bookable),
    command(desk.WriteOffPayment, by_hand.write_off, "write money off", _BY_PAYMENT, _SETTLES, by_hand.open_money),
    command(desk.EditOrder, saves.save, "edit", _PART_BY_PART, _SAVES, offers.gate("modify")),
    command(desk.ModifyOrder, contents.modify, "change the contents", "modify", _EDITS),
    command(desk.ChangePrice, prices.reprice, "cut prices", "price", _EDITS, offers.repriced),
    command(desk.ResetPrice, prices.reprice, "take price cuts back", "price", _EDITS, offers.was_cut),
    command(desk.ChangeAddress, addresses.readdress, "change the address", "address", _EDITS),
    command(desk.SplitShipment, shipments.split, "split a shipment", "split", _SPLITS),
    command(facts.CancelOrder, cancellation.ordered, "cancel", "cancel", _ENDS, reasons=_ENDING),
    command(
        desk.CancelShipment,
        shipments.cancel_shipment,
        "cancel a shipment",
        "cancel",
        _ENDS,
        offers.has_shipment,
        reasons=_ENDING,
    ),
    command(desk.RecallOrder, recalls.ordered, "recall from the warehouse", "recall", _RECALLS, reasons=_ENDING),
    command(desk.HoldOrder, holds.hold, "hold", "hold", _MANAGES, offers.holdable),
    command(desk.SuspendOrder, holds.hold, "suspend", "hold", _MANAGES, offers.suspendable),
    command(desk.ReleaseHold, holds.release, "release the hold", "release hold", _RELEASES, _RELEASE),
    command(desk.ResumeOrder, holds.release, "resume", "release hold", _MANAGES, offers.on_hold(holds.SUSPENDED)),
    command(desk.FlagAlert, holds.flag, "flag an alert", "note", _NOTES),
    command(desk.ClearAlert, holds.clear, "clear an alert", _ALERT, _NOTES, offers.alerted),
    command(facts.CreateFlash, flash_drafts.create, "draft a flash reorder", "flash", _MANAGES),
    command(facts.AddToFlash, flash_drafts.edit, "add to a flash reorder", _BY_DRAFT, _MANAGES, offers.drafted_flash),
    command(
        facts.RemoveFromFlash,
        flash_drafts.edit,
        "take out of a flash reorder",
        _BY_DRAFT,
        _MANAGES,
        offers.drafted_flash,
    ),
    command(facts.SendFlash, flash_drafts.command, "send a flash reorder", _BY_FLASH, _MANAGES),
    command(facts.CancelFlash, flash_drafts.command, "cancel a flash reorder", _BY_FLASH, _MANAGES),
    command(desk.RequestRefund, credit_notes.request, "give money back", _BY_KIND, _GIVES, _REFUND),
    command(facts.ApproveRefund, refunds.command, "approve a refund", _BY_REFUND, _REFUNDS),
    command(facts.CancelRefund, refunds.command, "cancel a refund", _BY_REFUND, _TAKES_BACK),
    command(desk.RetenderRefund, refunds.paid_out, "refund by another way", _BY_REFUND, _REFUNDS),
    command(
        desk.RefundDone, refunds.paid_out, "say that a refund is paid", _BY_REFUND, _REFUNDS, offers.refund_by_hand
    ),
    command(
        facts.CreateReturn, return_requests.create, "announce a return", "return", _ANNOUNCES, reasons=("home_trial",)
    ),
    command(facts.ConfirmReturn, returns.command, "confirm a return", _BY_RETURN, _ANNOUNCES),
    command(facts.ReceiveReturn, returns.received, "receive a return", _BY_RETURN, _RECEIVES),
    command(facts.ValidateReturn, returns.command, "validate a return", _BY_RETURN, _VALIDATES),
    command(facts.CloseReturnShort, returns.command, "close a return short", _BY_RETURN, _CLOSES),
    command(facts.CancelReturn, returns.command, "cancel a return", _BY_RETURN, _ANNOUNCES),
    command(facts.RefuseReturn, returns.command, "refuse a return", _BY_RETURN, _CLOSES),
    command(
        facts.SwitchReturnOutcome,
        returns.switch,
        "take money in place of an exchange",
        _BY_EXCHANGE,
        _ANNOUNCES,
        offers.switchable,
    ),
    command(desk.CreateZeroOrder, drafts.copy, "draft a free copy", "zero order", _MANAGES),
    command(desk.LockOrder, locks.begin, "lock", "lock", _MANAGES, offers.lockable),
    command(desk.UnlockOrder, locks.finish, "unlock", _LOCK, _UNLOCKS, _UNLOCK),
    command(desk.ResendEmail, notes.resend, "send an e-mail again", "resend", _NOTES),
    command(facts.CommentOrder, notes.comment, "comment", "note", _NOTES),
    command(desk.LinkOrder, notes.link, "link another order", "note", _NOTES),
    command(desk.CorrectItem, notes.correct, "have an item corrected", _ARTICLE, _NOTES, offers.has_articles),
    command(facts.ReleaseQuarantine, _accepted, "let quarantined records go on", _WAITING, _OPERATES),
    command(facts.DiscardQuarantined, _accepted, "give a quarantined record up", _WAITING, _OPERATES),
)
"""Every command; the lines and amounts that it names are looked at by its rule."""


def _kinds() -> set[type[facts.Command]]:
    found = [item for item in vars(desk).values() if isinstance(item, type)]
    return {kind for kind in found if issubclass(kind, facts.Command) and kind is not facts.Command}


check(TABLE, _kinds())
BY_KIND: Final[Mapping[type[facts.Command], Command]] = MappingProxyType({row.kind: row for row in TABLE})
BY_NAME: Final[Mapping[str, Command]] = MappingProxyType({row.name: row for row in TABLE})
