"""The listing's rows: they follow from the document alone, and terms are compared in one form."""

from datetime import timedelta

import pytest
from hypothesis import given

from domain.deciding.values import changed
from domain.orders import documents, facts
from domain.orders.order import Contact, Order
from domain.orders.view import telephone
from domain.orders.view.attention import needed
from domain.orders.view.listing import LISTS, rows
from domain.orders.view.spelling import LONGEST, compact, folded, words
from domain.orders.view.terms import TermKind, terms
from tests.domain.story import brought_to
from tests.domain.world import ANY_SCRIPT, Script, played


@given(ANY_SCRIPT)
def test_after_any_history_the_rows_follow_from_the_document_alone(script: Script) -> None:
    for decision in played(script).hub.decisions:
        order = decision.after
        found = rows(order)
        assert found == rows(documents.order_from(documents.order_document(order)))
        assert (found is None) == (order.state is None)
        if found is not None:
            assert found.order.attention == needed(order)
            assert found.order.version == order.version
            assert len(found.returns) == len(order.returns)
            assert len(found.refunds) == len(order.refunds)
            assert [bool(mark) for mark in found.prints] == [bool(getattr(found, name)) for name in LISTS]


def test_a_shell_has_no_rows() -> None:
    assert rows(Order.shell("o-1")) is None


def test_whatever_differs_in_the_rows_differs_in_the_digest() -> None:
    order = brought_to("confirmed").order
    assert order.placed_at is not None
    others = (
        changed(order, assignee="ann"),
        changed(order, number="N-2"),
        changed(order, holds=("csr",)),
        changed(order, as_of=order.placed_at + timedelta(days=9)),
        changed(order, placed_at=order.placed_at + timedelta(days=1)),
        changed(order, contact=None),
    )
    digests = {found.digest for each in (order, *others) if (found := rows(each))}

    assert len(digests) == len(others) + 1


@pytest.mark.rule("EP-05")
def test_who_is_billed_is_found_and_without_a_bill_who_gets_the_goods() -> None:
    order = brought_to("confirmed").order
    ann = facts.Address(name="Ann Bill", company="Acme", street="1", city="Lille", postcode="59 000", country="FR")
    sue = facts.Address(name="Sue Ship", street="2", city="Bonn", postcode="53111", country="DE")
    customer = facts.Customer("c-1", name="Someone", phone="0612345678")

    both = changed(order, contact=Contact(customer, sue, ann))
    goods = changed(order, contact=Contact(customer, sue))

    assert _values(both, TermKind.NAME) == {"ann", "bill", "acme"}
    assert _values(both, TermKind.NAME_POSTCODE) == {"59000 ann", "59000 bill", "59000 acme"}
    assert _values(both, TermKind.PHONE) == {"33612345678", "0612345678"}
    assert _values(goods, TermKind.NAME) == {"sue", "ship"}
    assert _values(goods, TermKind.PHONE) == {"49612345678", "0612345678"}


def test_an_order_whose_customer_was_erased_keeps_its_number_only() -> None:
    order = changed(brought_to("sent").order, contact=None)
    kinds = {term.kind for term in terms(order)}

    assert not kinds & {TermKind.EMAIL, TermKind.PHONE, TermKind.NAME, TermKind.NAME_POSTCODE}
    assert TermKind.NUMBER in kinds
    found = rows(order)
    assert found is not None
    assert (found.order.customer_name, found.order.billing_postcode) == ("", "")


def _values(order: Order, kind: TermKind) -> set[str]:
    return {term.value for term in terms(order) if term.kind is kind}


def test_numbers_are_found_by_their_ends() -> None:
    order = changed(brought_to("confirmed").order, number="W-4018227")

    assert _values(order, TermKind.NUMBER) == {"w4018227"}
    assert "w4018227"[::-1] in _values(order, TermKind.TAIL)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("  Élodie ", "elodie"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("Øre Łódź", "ore lodz"),
        ("ﬁn", "fin"),
        ("ＡＢＣ１", "abc1"),
        ("Æsop Œuvre", "aesop oeuvre"),
        ("", ""),
        ("山田", "山田"),
        ("x" * 300, "x" * LONGEST),
    ],
)
def test_case_and_accents_do_not_count(text: str, form: str) -> None:
    assert folded(text) == form


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Jean-Luc d'Évreux", ("jean", "luc", "d", "evreux")),
        ("de  la de LA", ("de", "la")),
        ("O’Brien, Ann", ("o", "brien", "ann")),
        ("-", ()),
        ("a_b", ("a", "b")),
    ],
)
def test_a_name_is_its_words(text: str, found: tuple[str, ...]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(("text", "form"), [("W-401 8227", "w4018227"), ("1Z.99/9", "1z999"), ("--", "--"), ("", "")])
def test_what_stands_between_the_characters_of_a_number_does_not_count(text: str, form: str) -> None:
    assert compact(text) == form


@pytest.mark.parametrize(
    ("text", "country", "forms"),
    [
        ("06 12 34 56 78", "FR", ("33612345678", "0612345678")),
        ("+33 (0)6 12 34 56 78", "FR", ("33612345678", "0612345678")),
        ("0033612345678", "FR", ("33612345678", "0612345678")),
        ("33612345678", "FR", ("33612345678", "0612345678")),
        ("+49 170 1234567", "FR", ("491701234567",)),
        ("612 345 678", "ES", ("34612345678", "612345678")),
        ("(212) 555-0123", "US", ("12125550123", "2125550123")),
        ("02 1234 5678", "IT", ("390212345678", "0212345678")),
        ("06 30 123 4567", "HU", ("36301234567", "06301234567")),
        ("8 912 345 67 89", "RU", ("79123456789", "89123456789")),
        ("0612345678", "ZZ", ("0612345678",)),
        ("12345", "FR", ()),
        ("none", "FR", ()),
    ],
)
def test_a_telephone_number_is_found_as_from_abroad_and_as_dialled_at_home(
    text: str, country: str, forms: tuple[str, ...]
) -> None:
    assert telephone.forms(text, country) == forms
