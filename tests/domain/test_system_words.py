"""What the five systems call an order and its shipments, from the status that everybody reads."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Policy
from domain.deciding.values import asdict
from domain.orders import facts
from domain.orders.order import Order
from domain.orders.view.projection import status_of
from domain.orders.view.system_words import meaning_of
from tests.domain.story import WAYS, Story, brought_to, held_exchange
from tests.domain.world import Hub, line, two_parcels

rule = pytest.mark.rule
SPECIFIED = [
    # state, Osmose (French, English), Peloton (order, shipment), Elastic Path, OMC
    pytest.param("draft", None, None, "Pending Payment", "Other", None, "pending order", marks=rule("PEL-27")),
    pytest.param(
        *("payment_pending", "Empreinte en attente", "payment imprint pending"),
        *("Pending Payment", "Other", "CREATED", "order in workflow"),
        marks=rule("PEL-27", "OSM-06"),
    ),
    pytest.param(
        *("risk_review", "En attente", "waiting"),
        *("Pending Risk Evaluation", "Other", "ONHOLD", "alert uncleared"),
        marks=rule("PEL-28", "OSM-08"),
    ),
    pytest.param(
        *("risk_follow_up", "En attente", "waiting"),
        *("Requires Follow Up", "Other", "ONHOLD", "alert uncleared"),
        marks=rule("PEL-29"),
    ),
    pytest.param(
        *("availability_requested", "Demande en cours", "request in progress"),
        *("Pending Fulfilment", "Other", "AWAITING_INVENTORY", "order in workflow"),
        marks=rule("PEL-30", "OSM-10"),
    ),
    pytest.param(
        *("processing", "Traitée", "processing"),
        *("Pending Fulfilment", "Other", "AWAITING_INVENTORY", "order in workflow"),
        marks=rule("OSM-11"),
    ),
    pytest.param(
        *("confirmed", "Confirmée", "confirmed"),
        *("Pending Fulfilment", "Other", "INVENTORY_ASSIGNED", "shipping order not fulfilled"),
        marks=rule("OSM-12"),
    ),
    pytest.param(
        *("picking", "Prélevée", "picked"),
        *("Pending Fulfilment", "Other", "RELEASED", "shipping order not fulfilled"),
        marks=rule("OSM-13", "PEL-35"),
    ),
    pytest.param(
        *("shipping", "Expédition en cours", "shipping in progress"),
        *("Pending Fulfilment", "Other", "RELEASED", "shipping order not fulfilled"),
        marks=rule("OSM-14", "PEL-35", "A-02"),
    ),
    pytest.param(
        *("sent", "Envoyée", "sent", "Completed", "Done", "SHIPPED", "shipping order fulfilled"),
        marks=rule("PEL-32", "PEL-34", "OSM-15", "A-02"),
    ),
    pytest.param(
        *("delivered", "Délivrée", "delivered", "Completed", "Done", "COMPLETED", "customer receipt"),
        marks=rule("PEL-32", "OSM-16"),
    ),
    pytest.param(
        *("completed", "Terminée", "finished", "Completed", "Done", "COMPLETED", "end of workflow"),
        marks=rule("OSM-17"),
    ),
    pytest.param(
        *("cancelled", "Annulée", "cancelled", "Canceled", "Canceled", "CANCELLED", "cancelled"),
        marks=rule("PEL-33", "OSM-18"),
    ),
    pytest.param("voided", None, None, None, None, None, "void"),
]


def words(order: Order) -> dict[str, str]:
    said = status_of(order).words
    assert said is not None
    return {name: word for name, word in asdict(said).items() if word is not None}


def shipments(order: Order) -> list[dict[str, str]]:
    """The words of each shipment."""
    told = [each.words for each in status_of(order).shipments]
    return [{name: word for name, word in asdict(each).items() if word is not None} for each in told if each]


@pytest.mark.parametrize(("state", "french", "english", "peloton", "shipment", "elastic", "omc"), SPECIFIED)
@pytest.mark.rule("PEL-38", "TRV-33")
def test_a_state_is_told_in_the_words_of_each_system(
    state: str, french: str, english: str, peloton: str, shipment: str, elastic: str, omc: str
) -> None:
    order = brought_to(state).order

    said = words(order)

    assert [said.get(name) for name in ("osmose_fr", "osmose_en", "peloton", "peloton_shipment")] == [
        *(french, english, peloton, shipment)
    ]
    assert (said.get("elastic_path"), said.get("omc")) == (elastic, omc)
    assert order.state is not None
    assert meaning_of(order.state)


def test_an_approved_order_is_in_progress_elsewhere_unless_it_is_held() -> None:
    held = brought_to("approved")
    free = {name: words(held.order)[name] for name in ("osmose_fr", "peloton", "elastic_path")}

    assert free == {"osmose_fr": "Approuvée", "peloton": "Pending Fulfilment", "elastic_path": "ONHOLD"}


@pytest.mark.rule("TRV-29", "TRV-30", "TRV-31", "TRV-32")
def test_travoriums_word_follows_the_money() -> None:
    told = {state: words(brought_to(state).order).get("travorium") for state in ("draft", "payment_pending")}
    reserved, sent = brought_to("confirmed"), brought_to("sent")
    by_cheque = brought_to("confirmed", method="cheque")
    cancelled, refunded = brought_to("cancelled"), brought_to("delivered")
    refunded.command(desk.RequestRefund(lines=(desk.LineQuantity(1, 1),), reason="broken"))
    refunded.command(facts.ApproveRefund(refunded.order.refunds[0].id))
    before = words(refunded.order)["travorium"]
    refunded.tell(refunded.refund_executed())

    assert told == {"draft": None, "payment_pending": "unpaid"}
    assert words(reserved.order)["travorium"] == "unpaid"
    assert [words(story.order)["travorium"] for story in (by_cheque, sent)] == ["paid", "paid"]
    assert (before, words(refunded.order)["travorium"]) == ("paid", "refunded")
    assert words(cancelled.order)["travorium"] == "cancelled"


def test_an_order_held_for_logistics_is_told_as_pending_logistics_approval() -> None:
    story = Story(Hub(Policy(flash_automatic=False, logistics_pieces=2)))
    WAYS["availability_requested"](story)

    assert story.order.holds == ("logistics",)
    assert words(story.order)["peloton"] == "Pending Logistics Approval"


@pytest.mark.rule("OMC-15", "EP-09")
def test_holds_change_the_word_where_a_system_shows_them() -> None:
    story = brought_to("availability_requested")
    story.command(desk.SuspendOrder(reason="odd addresses"))
    suspended = words(story.order)
    story.command(desk.ResumeOrder())
    story.command(desk.FlagAlert(alert="odd", reason="look"))

    assert (suspended["omc"], suspended["elastic_path"]) == ("suspended", "ONHOLD")
    assert words(story.order)["omc"] == "alert uncleared"


@pytest.mark.rule("OSM-83")
def test_an_exchange_order_that_waits_for_its_return_is_told_as_such() -> None:
    assert words(held_exchange().order)["elastic_path"] == "AWAITING_EXCHANGE"


@pytest.mark.rule("PEL-36", "PEL-38")
def test_where_nothing_travels_the_shipment_is_told_as_no_shipment() -> None:
    story = Story(lines=(line(kind="digital"),))
    story.place()
    story.score()
    story.pay()

    assert story.order.state == "completed"
    assert words(story.order)["peloton_shipment"] == "No Shipment"
    assert [each["peloton"] for each in shipments(story.order)] == ["No Shipment"]


@pytest.mark.rule("PEL-34", "PEL-35", "PEL-38", "OSM-14", "A-06")
def test_each_shipment_is_told_in_its_own_words() -> None:
    story = brought_to("picking", lines=two_parcels())
    story.tell(story.packed(0))
    packed = shipments(story.order)
    story.tell(story.handed_over(0))

    assert [each["osmose_fr"] for each in packed] == ["Colisée – à expédier", "Prélevée"]
    assert [each["peloton"] for each in shipments(story.order)] == ["Done", "Other"]
    assert words(story.order)["elastic_path"] == "PARTIALLY_SHIPPED"


@pytest.mark.rule("OSM-11")
def test_a_shipment_with_missing_goods_is_told_as_processing() -> None:
    asked, missing = brought_to("availability_requested"), brought_to("processing")

    assert shipments(asked.order)[0]["osmose_en"] == "request in progress"
    assert shipments(missing.order)[0]["osmose_en"] == "processing"


@pytest.mark.rule("PEL-37", "PEL-33")
def test_a_shipment_that_was_called_off_is_told_as_canceled() -> None:
    assert shipments(brought_to("cancelled").order)[0]["peloton"] == "Canceled"
