"""What each partner answers, one at a time and without a broker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts import topics
from contracts.availability import AskedLine, AvailabilityReported, AvailabilityRequested, LineAvailability
from contracts.carriers import CarrierDelivered
from contracts.envelope import Envelope
from contracts.fraud import FraudScored, ScoreRequested, Verdict
from contracts.message import Message, Money
from contracts.payments import (
    AuthorizationRequested,
    CaptureRequested,
    PaymentAuthorized,
    PaymentRefused,
    RefundExecuted,
    RefundFailed,
    RefundRequested,
    VoidRequested,
)
from contracts.shop import Address, DeliveryAddress, PaymentMethod
from contracts.topics import Topic
from contracts.values import changed
from contracts.warehouse import ReturnAnnounced, ReturnReceived, ShipmentHandedOver, ShipmentRelease
from contracts.wire import Record
from simulators import Mischief, Simulation, assortment
from simulators.assortment import NORTH, SOUTH
from simulators.availability import SouthernStockDesk, StockDesk
from simulators.carriers import Carriers
from simulators.fraud import FraudService
from simulators.partner import Partner
from simulators.payments import PaymentService
from simulators.planned import Heard, Planned
from simulators.returns_desk import ReturnsDesk
from simulators.tracking import tracking_number
from simulators.warehouse import SouthernWarehouse, Warehouse

PLAIN = Simulation("none:9092", orders=1, token="signed")
EUROS = Money(amount=1000, currency="EUR")
LINE = AskedLine(line=1, sku="tent-2p-M", quantity=2)
ADDRESS = Address(street="1 Harbour Road", city="Gent", postcode="9000", country="BE")


def naughty(**knobs: float) -> Simulation:
    return replace(PLAIN, mischief=Mischief(**knobs))


def heard(topic: Topic, message: Message, event_id: str = "e1") -> Heard:
    return Heard(topic, event_id, "o1", message)


def pay(service: PaymentService, *requests: Message) -> list[Message]:
    return [said.message for request in requests for said in service.reply(heard(topics.PAYMENT_REQUESTS, request))]


def authorization(attempt: int = 1) -> AuthorizationRequested:
    return AuthorizationRequested(
        request_id=f"a{attempt}",
        number="W1",
        customer_id="C1",
        amount=EUROS,
        method=PaymentMethod.CARD,
        attempt=attempt,
    )


def paid(service: PaymentService) -> str:
    (authorized,) = pay(service, authorization())
    payment_id: str = authorized.payment_id  # type: ignore[attr-defined]
    pay(service, CaptureRequested(request_id="c1", payment_id=payment_id, amount=EUROS))
    return payment_id


def refund(payment_id: str, request_id: str = "f1", attempt: int = 1, amount: int = 400) -> RefundRequested:
    return RefundRequested(
        request_id=request_id,
        refund_id="refund",
        payment_id=payment_id,
        amount=Money(amount=amount, currency="EUR"),
        attempt=attempt,
        reason="return",
    )


def question(round_: int = 1) -> AvailabilityRequested:
    return AvailabilityRequested(request_id=f"r{round_}", shipment_id="s1", number="W1", round=round_, lines=(LINE,))


def stock(settings: Simulation, round_: int = 1) -> AvailabilityReported:
    (said,) = StockDesk(settings).reply(heard(topics.AVAILABILITY_REQUESTS, question(round_)))
    assert isinstance(said.message, AvailabilityReported)
    return said.message


def release(shipment_id: str = "s1") -> ShipmentRelease:
    return ShipmentRelease(
        request_id="rel1", shipment_id=shipment_id, number="W1", address=DeliveryAddress.of(ADDRESS), lines=(LINE,)
    )


def test_a_repeated_request_gets_the_same_event_id() -> None:
    service = PaymentService(PLAIN)

    first, second = (service.reply(heard(topics.PAYMENT_REQUESTS, authorization(), event))[0] for event in ("e1", "e2"))

    assert (first.id, first.message) == (second.id, second.message)
    assert service.ledger.counts["payments_authorized"] == 1


def test_a_refund_is_executed_once_however_often_it_is_asked_for() -> None:
    service = PaymentService(PLAIN)
    payment_id = paid(service)

    answers = pay(service, refund(payment_id), refund(payment_id), refund(payment_id, "f2", attempt=2))

    assert all(isinstance(answer, RefundExecuted) for answer in answers)
    assert service.ledger.payments[payment_id].refunded == 400
    assert len(service.ledger.refunds) == service.ledger.counts["refunds_executed"] == 1


def test_a_failed_refund_succeeds_at_its_next_attempt() -> None:
    service = PaymentService(naughty(refund_failures=1.0))
    payment_id = paid(service)

    first, second = pay(service, refund(payment_id), refund(payment_id, "f2", attempt=2))

    assert isinstance(first, RefundFailed)
    assert first.retryable
    assert isinstance(second, RefundExecuted)


def test_more_than_was_taken_is_not_given_back() -> None:
    service = PaymentService(PLAIN)
    payment_id = paid(service)

    (answer,) = pay(service, refund(payment_id, amount=1001))

    assert isinstance(answer, RefundFailed)
    assert not answer.retryable
    assert "amount_exceeds" in service.ledger.objections[0]


def test_more_than_was_reserved_is_not_taken() -> None:
    service = PaymentService(PLAIN)
    payment_id = paid(service)

    (answer,) = pay(service, CaptureRequested(request_id="c2", payment_id=payment_id, amount=EUROS))

    assert isinstance(answer, PaymentRefused)
    assert service.ledger.payments[payment_id].captured == 1000
    assert service.ledger.objections


def test_a_refused_payment_succeeds_at_its_next_attempt() -> None:
    service = PaymentService(naughty(payment_refusals=1.0))

    first, second = pay(service, authorization(1), authorization(2))

    assert isinstance(first, PaymentRefused)
    assert second.name == "payment.authorized"


def test_a_refusal_told_beside_its_authorisation_is_one_of_the_same_request() -> None:
    service = PaymentService(naughty(webhooks_swapped=1.0))

    said = pay(service, authorization())

    assert {each.name for each in said} == {"payment.authorized", "payment.refused"}
    assert {each.request_id for each in said} == {authorization().request_id}  # type: ignore[attr-defined]
    assert [each.name for each in pay(service, authorization(2))] == ["payment.authorized"]


def test_a_reservation_that_the_bank_lets_go_can_not_be_taken_and_the_hub_is_not_blamed() -> None:
    service = PaymentService(naughty(reservations_lost=1.0))

    made, gone = pay(service, authorization())
    payment_id: str = made.payment_id  # type: ignore[attr-defined]
    (refused,) = pay(service, CaptureRequested(request_id="c1", payment_id=payment_id, amount=EUROS))

    assert (gone.name, refused.name) == ("payment.voided", "payment.refused")
    assert gone.payment_id == payment_id  # type: ignore[attr-defined]
    assert (service.ledger.payments[payment_id].voided, service.ledger.objections) == (1000, [])


def test_a_reservation_that_lapses_says_when_and_can_be_taken_until_then() -> None:
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    service = PaymentService(replace(naughty(reservations_lapsing=1.0), now=lambda: clock[0]))

    first, second = [pay(service, authorization(attempt))[0] for attempt in (1, 2)]
    assert isinstance(first, PaymentAuthorized)
    assert isinstance(second, PaymentAuthorized)
    assert (first.expires_at is not None, second.expires_at) == (True, None)
    assert clock[0] < (first.expires_at or clock[0]) <= clock[0] + timedelta(seconds=8)

    clock[0] += timedelta(seconds=8)
    captures = [
        CaptureRequested(request_id=f"c{number}", payment_id=each.payment_id, amount=EUROS)
        for number, each in enumerate((first, second))
    ]
    refused, captured = pay(service, *captures)
    assert (refused.name, captured.name) == ("payment.refused", "payment.captured")
    (freed,) = pay(service, VoidRequested(request_id="v1", payment_id=first.payment_id, amount=EUROS))
    assert freed.name == "payment.voided"
    assert service.ledger.objections == []


def test_money_taken_in_the_console_crosses_the_request_to_set_it_free() -> None:
    service = PaymentService(naughty(voids_crossed=1.0))
    (made,) = pay(service, authorization())
    payment_id: str = made.payment_id  # type: ignore[attr-defined]

    said = pay(service, VoidRequested(request_id="v1", payment_id=payment_id, amount=EUROS))

    assert [each.name for each in said] == ["payment.captured", "payment.refused"]
    assert said[0].request_id != "v1"  # type: ignore[attr-defined]
    assert (service.ledger.payments[payment_id].captured, service.ledger.objections) == (1000, [])


def test_a_final_refusal_is_explained() -> None:
    service = PaymentService(naughty(payment_final_refusals=1.0))

    answers = pay(service, authorization(1), authorization(2), authorization(3))

    assert all(isinstance(answer, PaymentRefused) for answer in answers)
    assert service.ledger.explained["payment_refusals"].keys() == {"o1"}


def test_a_shortage_shows_stock_and_is_gone_in_the_next_round() -> None:
    settings = naughty(shortages=1.0)

    first, second = stock(settings, 1).lines[0], stock(settings, 2).lines[0]

    assert first.status == LineAvailability.ANOMALY
    assert first.stock is not None
    assert first.stock >= LINE.quantity
    assert second.status == LineAvailability.AVAILABLE


def test_empty_shelves_stay_empty_and_are_explained() -> None:
    assert stock(naughty(empty_shelves=1.0), 2).lines[0].status == LineAvailability.UNAVAILABLE


def test_without_a_token_nobody_could_decide_so_nobody_is_doubted() -> None:
    request = ScoreRequested(
        request_id="s1", number="W1", customer_id="C1", amount=EUROS, channel="website", country="BE"
    )
    settings = naughty(fraud_reviews=1.0)

    verdicts = []
    for token in ("signed", None):
        (said,) = FraudService(replace(settings, token=token)).reply(heard(topics.FRAUD_REQUESTS, request))
        assert isinstance(said.message, FraudScored)
        verdicts.append(said.message.verdict)

    assert verdicts == [Verdict.REVIEW, Verdict.CLEAR]


def test_a_shipment_is_picked_packed_and_handed_over_in_turn() -> None:
    said = Warehouse(PLAIN).reply(heard(topics.WAREHOUSE_REQUESTS, release()))

    assert [item.message.name for item in said] == ["picking.started", "parcel.packed", "shipment.handed_over"]
    assert [item.delay for item in said] == sorted(item.delay for item in said)


def test_carriers_take_a_parcel_on_once() -> None:
    carriers = Carriers(PLAIN)
    handed_over = Warehouse(PLAIN).reply(heard(topics.WAREHOUSE_REQUESTS, release()))[-1].message
    assert isinstance(handed_over, ShipmentHandedOver)

    scans = carriers.reply(heard(topics.WAREHOUSE, handed_over, "e1"))

    assert isinstance(scans[-1].message, CarrierDelivered)
    assert carriers.reply(heard(topics.WAREHOUSE, handed_over, "e2")) == []
    assert carriers.reply(heard(topics.WAREHOUSE_REQUESTS, release())) == []


def test_an_early_parcel_is_scanned_from_its_release_on_under_the_same_number() -> None:
    settings = naughty(early=1.0)
    carriers = Carriers(settings)
    handed_over = Warehouse(settings).reply(heard(topics.WAREHOUSE_REQUESTS, release()))[-1].message
    assert isinstance(handed_over, ShipmentHandedOver)

    scans = carriers.reply(heard(topics.WAREHOUSE_REQUESTS, release()))

    assert {scan.message.tracking_number for scan in scans} == {handed_over.tracking_number}  # type: ignore[attr-defined]
    assert carriers.reply(heard(topics.WAREHOUSE, handed_over)) == []


def test_some_parcels_are_known_by_their_tracking_number_alone() -> None:
    carriers, warehouse = Carriers(PLAIN), Warehouse(PLAIN)
    scans: list[Planned] = []
    for number in range(50):
        handed_over = warehouse.reply(heard(topics.WAREHOUSE_REQUESTS, release(f"s{number}"), f"e{number}"))
        scans += carriers.reply(heard(topics.WAREHOUSE, handed_over[-1].message))

    by_reference = [scan for scan in scans if scan.reference is not None]
    assert 0 < len(by_reference) < len(scans)
    assert all(scan.subject == f"ref:{scan.message.tracking_number}" for scan in by_reference)  # type: ignore[attr-defined]


def test_a_return_in_two_parcels_adds_up() -> None:
    request = ReturnAnnounced(
        request_id="r1", rma_code="RMA-1", number="W1", lines=(LINE, replace_line(LINE, line=2, quantity=1))
    )

    said = ReturnsDesk(naughty(partial_receipts=1.0)).reply(heard(topics.WAREHOUSE_REQUESTS, request))

    received: dict[int, int] = {}
    for item in said:
        assert isinstance(item.message, ReturnReceived)
        for line in item.message.lines:
            received[line.line] = received.get(line.line, 0) + line.quantity
    assert len(said) == 2
    assert received == {1: 2, 2: 1}


def test_a_silent_partner_says_nothing_and_is_named() -> None:
    desk = StockDesk(naughty(silence=1.0))
    request = AvailabilityRequested(request_id="r1", shipment_id="s1", number="W1", round=1, lines=(LINE,))

    assert desk.reply(heard(topics.AVAILABILITY_REQUESTS, request)) == []
    assert desk.ledger.document()["explained"]["silences"] == [
        {"order_id": "o1", "party": "stock-desk", "matter": "availability.requested.v1"}
    ]


def replace_line(asked: AskedLine, **changes: Any) -> AskedLine:
    return changed(asked, **changes)


def record_of(topic: Topic, message: Message, *whose: tuple[str, bytes]) -> Record:
    event = Envelope("e-1", "/hub/orders", message.type(), "o-1").headers()
    return Record(topic.name, 0, 0, b"o-1", (*event, *whose), message.encoded(), 1)


@pytest.mark.parametrize(
    ("kinds", "topic", "request_"),
    [
        ((StockDesk, SouthernStockDesk), topics.AVAILABILITY_REQUESTS, question()),
        ((Warehouse, SouthernWarehouse), topics.WAREHOUSE_REQUESTS, release()),
    ],
)
@pytest.mark.rule("O-75")
def test_of_two_warehouses_that_read_one_topic_each_finds_its_own(
    kinds: tuple[type[Partner], ...], topic: Topic, request_: Message
) -> None:
    def takers(*whose: tuple[str, bytes]) -> list[type[Partner]]:
        record = record_of(topic, request_, *whose)
        return [kind for kind in kinds if kind(PLAIN)._heard(record) is not None]

    north, south = kinds
    assert takers() == [north]
    assert takers(("ce_store", b"online-eu"), ("ce_warehouse", NORTH.encode())) == [north]
    assert takers(("ce_warehouse", SOUTH.encode())) == [south]
    assert takers(("ce_warehouse", b"elsewhere")) == []


def test_the_shop_sells_from_two_warehouses_and_in_two_stores() -> None:
    orders = [assortment.placed(1, place).message for place in range(200)]

    assert {order.store for order in orders} == set(assortment.STORES)
    assert {line.warehouse for order in orders for line in order.lines} == {None, NORTH, SOUTH}
    assert all(line.title and line.variant for order in orders for line in order.lines if line.kind == "shippable")


def test_two_parcels_of_a_carrier_have_one_number_where_numbers_are_reused() -> None:
    naughty_one, plain = naughty(numbers_reused=1.0), PLAIN
    shipments = [f"s{number}" for number in range(20)]

    numbers = {
        carrier: {tracking_number(naughty_one, each, carrier) for each in shipments} for carrier in assortment.CARRIERS
    }

    assert [len(found) for found in numbers.values()] == [1, 1, 1]
    assert len(set.union(*numbers.values())) == 3
    assert len({tracking_number(plain, each, "parcelo") for each in shipments}) == 20


def test_a_parcel_with_a_reused_number_is_explained() -> None:
    carriers = Carriers(naughty(numbers_reused=1.0))
    handed_over = ShipmentHandedOver(shipment_id="s1", carrier="parcelo", tracking_number="TN1")

    carriers.reply(heard(topics.WAREHOUSE, handed_over))

    assert carriers.ledger.explained["numbers_reused"].keys() == {"o1"}


def test_what_is_batched_is_due_at_once_in_its_order_and_tells_no_time() -> None:
    warehouse = Warehouse(naughty(batched=1.0))
    said = warehouse.reply(heard(topics.WAREHOUSE_REQUESTS, release("s1")))

    assert [each.message.name for each in said] == ["picking.started", "parcel.packed", "shipment.handed_over"]
    assert len({each.delay for each in said}) == 1
    assert [each.envelope(datetime(2026, 1, 1, tzinfo=UTC)).time for each in said] == [None] * 3
