"""Languages: which one a page has, how money and times are written there, and that nothing lacks a translation."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.console import sentences
from hub.console.languages import Language, chosen, read, said, speaking
from tests.texts import catalogues
from tests.texts.gathered import all_texts

PARIS = ZoneInfo("Europe/Paris")
FRENCH = Language("fr", PARIS)
ENGLISH = Language("en", PARIS)
AT = datetime(2026, 11, 30, 11, 4, 5, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("wish", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        (None, "fr;q=0.2, en;q=0.9", "en"),
        (None, "de-DE,de;q=0.9,fr;q=0.5,en;q=0.4", "fr"),
        (None, "fr;q=0", "en"),
        (None, "de, *", "en"),
        (None, "fr;q=none", "en"),
        ("fr", "en-GB", "fr"),
        ("en", "fr", "en"),
        ("tlh", "fr", "fr"),
    ],
)
def test_a_page_has_the_language_that_is_wished_for_or_else_the_one_the_browser_likes_best(
    wish: str | None, accepted: str, language: str
) -> None:
    assert chosen(wish, accepted) == language


def test_money_numbers_and_times_are_written_as_is_customary() -> None:
    price = {"amount": 123_450, "currency": "EUR"}

    assert plain(FRENCH.money(price)) == "1 234,50 €"
    assert ENGLISH.money(price) == "€1,234.50"
    assert plain(FRENCH.money({"amount": 1500, "currency": "JPY"})) == "1 500 JPY"
    assert plain(FRENCH.number(12.5)) == "12,5"
    assert FRENCH.moment(AT) == "30 nov., 12:04"
    assert FRENCH.moment(AT, "d MMMM y") == "30 novembre 2026"
    assert FRENCH.exactly(AT).startswith("30 novembre 2026, 12:04:05")
    assert FRENCH.away(AT, AT.replace(hour=9)) == "dans 2 heures"
    assert FRENCH.away(AT, AT.replace(hour=13)) == "il y a 2 heures"
    assert FRENCH.moment(None) == FRENCH.money(None) == "–"


def test_nothing_is_one_in_french_and_many_in_english() -> None:
    told = [each.plural("{count} piece", "{count} pieces", 0) for each in (FRENCH, ENGLISH)]

    assert [plain(each) for each in told] == ["0 pièce", "0 pieces"]


def test_a_text_says_which_of_two_meanings_it_has_and_never_shows_that() -> None:
    assert (ENGLISH.text("Cancelled¦return"), FRENCH.text("Cancelled¦return")) == ("Cancelled", "Annulé")
    assert FRENCH.text("Cancelled") == "Annulée"
    assert FRENCH.text("Nobody wrote¦this down") == "Nobody wrote"
    assert FRENCH.text("") == ""


def test_sentences_are_told_in_the_language_of_the_page() -> None:
    entry = {"what": "order.hold.v1", "who": "nadia", "outcome": "applied", "rules": [], "told": []}
    token = speaking.set(FRENCH)
    try:
        told = sentences.told(entry)
        advice = sentences.advice("The customer has answered: read it, then order.approve or order.cancel")
        asked = sentences.advice("ask the warehouse")
    finally:
        speaking.reset(token)

    assert told == "nadia a mis la commande en attente"
    assert plain(advice) == "Le client a répondu : lisez sa réponse, puis « Approuver » ou « Annuler »"
    assert asked == "Interroger l’entrepôt."
    assert said("Orders") == "Orders"


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_every_text_of_the_console_is_translated_with_its_placeholders(language: str) -> None:
    assert catalogues.faults(all_texts(), read(language)) == []


def test_a_missing_a_left_over_and_a_wrongly_filled_translation_are_found() -> None:
    texts = {"Orders": "a.html", "{n} lines": "b.html"}

    found = catalogues.faults(texts, {"{n} lines": "{m} lignes", "Gone": "Parti"})

    assert found == [
        "no translation (a.html): Orders",
        "left over: Gone",
        "other placeholders: {n} lines / {m} lignes",
    ]
