"""What the API tells of an order: the members of `GET /v1/orders/{n}`, each as a model with its own schema."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))]
"""A time that somebody names: what is beyond these can't be told in every time zone, nor asked of Kafka."""


class Model(BaseModel):
    """An object of an answer: every member is there, null where nothing is known."""

    model_config = ConfigDict(frozen=True)


_Kind = TypeVar("_Kind", bound=Model)


def told(row: Any, kind: type[_Kind], **more: Any) -> _Kind:
    """Return a row of the desk as a model: its members by their names, but for those that are given."""
    return kind(**{name: getattr(row, name) for name in kind.model_fields if name not in more}, **more)


class MoneyModel(Model):
    """An amount in minor units of its currency."""

    amount: int
    currency: str


class WaitingModel(Model):
    """A message that the order waits for: from whom, since when and until when."""

    message: str
    party: str
    since: datetime | None
    due_at: datetime | None
    overdue: bool
    sentence: str


class ReasonModel(Model):
    """Why a person should look at the order, and what to do about it."""

    kind: str
    what: str
    by: str
    do: str
    since: datetime | None
    due_at: datetime | None
    blocking: bool


class LockModel(Model):
    """Who is editing the order; `mine` if it is the caller."""

    owner: str
    since: datetime
    mine: bool


class AlertModel(Model):
    """An alert that stands; a blocking one stops the hub's own next steps."""

    name: str
    blocking: bool
    since: datetime | None


class ActionModel(Model):
    """A command: whether the caller may give it now, and if not, why and what to do instead."""

    command: str
    label: str
    scope: str
    allowed: bool
    why_not: str | None = None


class LineModel(Model):
    """A line: prices are for all its pieces, `unit` for one of them; `returnable` pieces may still come back.

    Prices are null for who may see no money.
    """

    line: int
    sku: str
    name: str | None
    variant: str | None
    model: str | None
    kind: str
    quantity: int
    state: str
    stock: int | None
    unit: MoneyModel | None
    price: MoneyModel | None
    base_price: MoneyModel | None
    discount_percent: float | None
    personalisation: str | None
    shipment_id: str | None
    returnable: int
    refundable: int


class ScanModel(Model):
    """The newest word of the carrier."""

    at: datetime
    kind: str
    location: str | None
    code: str | None


class ShipmentModel(Model):
    """A shipment: its lines, its warehouse and carrier, and when it was where."""

    shipment_id: str
    state: str
    lines: list[int]
    warehouse: str | None
    carrier: str | None
    tracking_number: str | None
    parcel_id: str | None
    released_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    back_at: datetime | None
    returned_to_sender: bool
    recalled: bool
    scan: ScanModel | None


class PaymentPart(Model):
    """The money under one payment id."""

    payment_id: str | None
    state: str
    authorised: MoneyModel
    captured: MoneyModel
    voided: MoneyModel
    held: MoneyModel
    expires_at: datetime | None = None


class PaymentMoveModel(Model):
    """What happened to money: in which entry (`seq`), when, and the event that says it, or what was `asked` for.

    `asked`: of the payment service. `payment_id` is null while there is no money, and for refunds.
    """

    seq: int
    at: datetime
    what: str
    asked: bool
    state: str | None
    amount: MoneyModel | None
    payment_id: str | None
    refund_id: str | None
    reason: str | None


class PaymentModel(Model):
    """Where the order's money is, in sums and by payment id; `due` is still to be paid.

    `history` is what happened to payments and refunds, in order, the newest 200; null where the order comes with an
    act's answer.
    """

    view: str
    method: str
    authorised: MoneyModel
    captured: MoneyModel
    voided: MoneyModel
    refunded: MoneyModel
    refundable: MoneyModel
    due: MoneyModel
    payments: list[PaymentPart]
    history: list[PaymentMoveModel] | None = None


class TotalsModel(Model):
    """What the order costs: goods and shipping, both as the customer pays them.

    `shipping_before` is what shipping cost at order time, before a part of it was waived.
    """

    goods: MoneyModel
    shipping: MoneyModel
    shipping_before: MoneyModel
    total: MoneyModel


class ReturnLineModel(Model):
    """Pieces of a line that come back."""

    line: int
    quantity: int
    received: int
    reason: str
    exchange_sku: str | None


class ReturnModel(Model):
    """A return."""

    rma_code: str
    state: str
    outcome: str
    requested_at: datetime
    receipt_required: bool
    lines: list[ReturnLineModel]


class WholeReturnModel(ReturnModel):
    """A return with those lines of its order that it is of; `exchange` is the order that waits for it."""

    order_id: str
    number: str | None
    store: str
    version: int
    etag: str
    order_state: str | None
    order_lines: list[LineModel]
    exchange: str | None
    hidden: list[str]


class RefundModel(Model):
    """A refund; `capped` if less money was left than the goods are worth."""

    refund_id: str
    state: str
    origin: str
    amount: MoneyModel
    tender: str
    reason: str
    rma_code: str | None
    requested_by: str | None
    requested_at: datetime | None
    attempts: int
    capped: bool


class ExchangeModel(Model):
    """An exchange order that a return of this order led to."""

    order_id: str
    rma_code: str
    state: str


class FlashModel(Model):
    """A flash reorder of missing pieces."""

    flash_id: str
    state: str
    end: str | None
    lines: list[dict[str, int]]


class RecallModel(Model):
    """A request to the warehouse to stop a shipment."""

    recall_id: str
    shipment_id: str
    intent: str
    reason: str
    state: str


class RelatedModel(Model):
    """Another order that belongs to this one: where it comes from, what replaces it, or what somebody linked."""

    order_id: str
    relation: str
    number: str | None = None
    state: str | None = None


class VerdictModel(Model):
    """What the fraud service thinks; `score` is 0 to 100, 100 the riskiest."""

    clear: bool
    at: datetime
    score: int | None
    reasons: list[str]


class EntryModel(Model):
    """What happened once: when, what became of it, who said it, by which rules, and which messages it led to.

    `kinds` are the sorts of entries that it is one of: `state`, `people`, `partners`, `money`, `messages`.
    """

    seq: int
    at: datetime
    what: str
    outcome: str
    who: str | None
    why: str
    state: str | None
    was: str | None
    rules: list[str]
    told: list[str]
    kinds: list[str]


class EntriesModel(Model):
    """Entries of a timeline, and where the next page begins."""

    items: list[EntryModel]
    next_cursor: str | None


class OperatorsActModel(Model):
    """What an operator did to records of the order: the number of the operation, when, who, what and why."""

    operation: int
    at: datetime
    who: str
    what: str
    why: str


class TimelineModel(EntriesModel):
    """What happened to an order, newest first; `acts` is what operators did to its records meanwhile, newest first.

    `hidden` says `acts` where the caller may not see them.
    """

    acts: list[OperatorsActModel]
    hidden: list[str]


class RecordModel(Model):
    """A record of an order that was set aside."""

    id: int
    kind: str
    code: str
    detail: str
    source: str | None
    topic: str | None
    partition: int | None
    offset: int | None
    recorded_at: datetime
    closed_as: str | None
    archived: bool


class NoteModel(Model):
    """A note in the order's history: its entry, when, who left it, and its text."""

    seq: int
    at: datetime
    who: str
    text: str


class OrderCountsModel(Model):
    """How much there is of the order beside itself: entries of its timeline and records set aside, up to 1,000 each."""

    timeline: int
    records: int


class OrderModel(Model):
    """An order with all that is known of it; parts that the caller may not see are null, and named in `hidden`.

    `timeline` (its first page), `notes` and `asides` are null unless `include` names them, and with `related` in it the
    related orders have their numbers and states. `counts` is null where the order comes with an act's answer.
    """

    order_id: str
    number: str | None
    version: int
    etag: str
    state: str | None
    means: str | None
    words: dict[str, str]
    kind: str
    store: str
    channel: str
    placed_at: datetime | None
    currency: str
    locale: str
    carrier: str | None
    waiting: list[WaitingModel]
    attention: list[ReasonModel]
    lock: LockModel | None
    assignee: str | None
    holds: list[str]
    alerts: list[AlertModel]
    flags: list[str]
    lines: list[LineModel]
    shipments: list[ShipmentModel]
    payment: PaymentModel | None
    totals: TotalsModel | None
    returns: list[ReturnModel]
    refunds: list[RefundModel]
    exchanges: list[ExchangeModel]
    exchange_gate: list[str]
    flash_reorders: list[FlashModel]
    recalls: list[RecallModel]
    related: list[RelatedModel]
    verdict: VerdictModel | None
    contact: dict[str, Any] | None
    hidden: list[str] = Field(default_factory=list)
    actions: list[ActionModel]
    counts: OrderCountsModel | None = None
    timeline: TimelineModel | None = None
    notes: list[NoteModel] | None = None
    asides: list[RecordModel] | None = None


class ChangeModel(Model):
    """A field of the order, by its JSON Pointer, before and after; null where it wasn't, or isn't, there."""

    path: str
    before: Any
    after: Any


class ChangesModel(EntriesModel):
    """What has changed an order since a version, oldest first, and the fields that differ.

    `fields` is null where the order's history is too long, or older than the rules, to be followed.
    """

    fields: list[ChangeModel] | None


class PublishedModel(Model):
    """A message that an entry led to; `data` is null where the caller may not see it."""

    topic: str
    type: str
    id: str
    data: Any


class WholeEntryModel(EntryModel):
    """An entry with what its record said, the messages that it led to, and the fields of the order that it changed.

    `hidden` names what the caller may not see. `changes` is null where they can't be told any more.
    """

    said: dict[str, Any] | None
    messages: list[PublishedModel]
    changes: list[ChangeModel] | None
    hidden: list[str]


class ActionsModel(Model):
    """Every command, and whether the caller may give it now."""

    items: list[ActionModel]


class OrderRecordsModel(Model):
    """The records of an order that were set aside."""

    items: list[RecordModel]


class RelatedListModel(Model):
    """The orders that belong to this one, those the caller may see."""

    items: list[RelatedModel]


class AcceptedModel(Model):
    """An act was carried out: its command, the order's version since, the events that it caused, and the order."""

    command_id: str
    accepted: bool = True
    version: int
    caused: list[str]
    order: OrderModel | None = None


class PendingModel(Model):
    """An act that was accepted and not decided yet: ask again at `Location`."""

    command_id: str
    state: str = "waiting"


class DryRunModel(Model):
    """What an act would do: the order as it would be, the events that it would cause, and what partners would be asked.

    Nothing was done. It may come out otherwise once the order has changed.
    """

    dry_run: bool = True
    caused: list[str]
    asked: list[str]
    total_before: MoneyModel | None
    order: OrderModel


class CommandModel(Model):
    """An act of the caller's own, and what became of it: waiting, accepted or rejected."""

    command_id: str
    type: str
    order_id: str
    state: str
    version: int | None = None
    code: str | None = None
    detail: str | None = None
    hint: str | None = None
    caused: list[str] = Field(default_factory=list)


class MeModel(Model):
    """Who the caller is, and what he may do."""

    name: str
    issuer: str
    tool: str | None
    scopes: list[str]
    stores: list[str]
    expires_at: datetime | None


class FaultModel(Model):
    """Where a body is wrong, as a JSON Pointer, and how."""

    pointer: str
    detail: str


class ProblemModel(BaseModel):
    """Why a request failed (RFC 9457); more members where they help: `current`, `changes`, `owner`, `retry_after`."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    trace_id: str
    errors: list[FaultModel] | None = None
    hint: str | None = None
