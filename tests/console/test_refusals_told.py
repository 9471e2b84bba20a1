"""Refusals in the language of the page: all are translated, none is taken for another, and no text breaks that."""

import ast
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders import pieces
from domain.orders.order import FlashState, PaymentState, RefundState, ReturnState, State
from hub.console import names
from hub.console.languages import REFUSAL, Language, read, speaking, translations
from hub.console.refusals import Template, answered, catalogue, parted
from hub.console.sentences import buttons
from tests.api.server import Api
from tests.console.person import confirmed, missing, signed_in
from tests.console.visitor import fields_in
from tests.texts import catalogues
from tests.texts.refusals import all_refusals
from tests.texts.sources import At, Module, Reading, Unreadable

FRENCH = Language("fr", ZoneInfo("Europe/Paris"))
SENTENCES = read("fr", REFUSAL)
TEMPLATES = [english for english in SENTENCES if parted(english)[1]]
VALUES = ("K-1", "K-2", "K-3", "K-4")
ODD = st.one_of(
    st.text(max_size=50),
    st.text(alphabet="{}()[].*+?|\\^$ \n:;'é", max_size=50),
    st.sampled_from(TEMPLATES),
    st.sampled_from(["is ", ": ", ", to be paid ", "{state}", "confirmed", "csr"]).flatmap(
        lambda text: st.integers(0, 10_000 // len(text)).map(lambda times: text * times)
    ),
)


class Looked(str):
    """A text that counts how often something is looked for in it."""

    __slots__ = ("looks",)

    def find(self, *wanted: Any) -> int:
        self.looks = getattr(self, "looks", 0) + 1
        return super().find(*wanted)


@pytest.fixture
def french() -> Iterator[None]:
    token = speaking.set(FRENCH)
    yield
    speaking.reset(token)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def filled(words: tuple[str, ...], values: tuple[str, ...]) -> str:
    return words[0] + "".join(value + after for value, after in zip(values, words[1:], strict=True))


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_every_refusal_is_translated_with_its_placeholders(language: str) -> None:
    assert catalogues.faults(all_refusals(), read(language, REFUSAL)) == []


@pytest.mark.usefixtures("french")
def test_a_sentence_is_known_by_its_own_template_and_by_no_other() -> None:
    wrong = []
    for english, told in SENTENCES.items():
        words, parts = parted(english)
        sentence, values = filled(words, VALUES[: len(parts)]), dict(zip(parts, VALUES, strict=False))
        known = [each.words for each in catalogue("fr").templates if each.filled(sentence) is not None]
        if answered(sentence) != buttons(told).format(**values) or (parts and known[0] != words):
            wrong.append(sentence)

    assert wrong == []


@given(english=st.sampled_from(TEMPLATES), data=st.data())
def test_whatever_is_put_into_a_sentence_it_comes_back_translated_or_as_it_is(
    english: str, data: st.DataObject
) -> None:
    words, parts = parted(english)
    sentence = Looked(filled(words, tuple(data.draw(ODD) for _ in parts)))
    token = speaking.set(FRENCH)
    try:
        told = answered(sentence)
        shapes = [Template(*parted(buttons(each.told)), "") for each in catalogue("fr").templates]
    finally:
        speaking.reset(token)

    assert any(each.filled(told) is not None for each in shapes)  # its own template fits, if no other does
    most = sum(len(each.words) - 2 for each in catalogue("fr").templates)
    assert getattr(sentence, "looks", 0) <= most, "nothing is looked for twice, whatever the text is"


@given(text=ODD)
def test_any_other_text_stays_as_it_is_or_is_a_sentence_by_chance(text: str) -> None:
    token = speaking.set(FRENCH)
    try:
        told = answered(text)
    finally:
        speaking.reset(token)

    known = {**translations("fr"), **catalogue("fr").whole}
    assert told == text or text in known or any(each.filled(text) for each in catalogue("fr").templates)


def test_on_an_english_page_a_sentence_stays_as_the_api_has_it() -> None:
    sentence = "the order is confirmed: its price is fixed"
    token = speaking.set(Language("en", FRENCH.zone))
    try:
        told = answered(sentence)
    finally:
        speaking.reset(token)

    assert told == answered(sentence) == sentence


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("english", "told"),
    [
        (
            "the order is confirmed: its price is fixed",
            "la commande est à l’état « Confirmée » : son prix est définitif",
        ),
        ("refund F-1 is approved", "le remboursement F-1 est à l’état « Approuvé »"),
        (
            "refund F-1 is failed, to be paid manual: that can't be done now",
            "le remboursement F-1 est à l’état « Échoué », à verser « à la main » : ce n’est pas possible maintenant",
        ),
        ("the order is on hold already: csr", "la commande est déjà mise en attente (« En attente : agent »)"),
        ("the order has no such alert: cheque_short", "la commande n’a pas cette alerte : chèque insuffisant"),
        ("an order of kind zero costs nothing", "une commande de ce type ne coûte rien : commande gratuite"),
        ("there is no flash X-1", "introuvable : réassort flash X-1"),
        ("this needs the scope a.b or c.d", "il faut pour cela le droit a.b ou c.d"),
        (
            "line 1: 3 pieces asked, 2 can still come back (3 bought, 1 for exchange)",
            "ligne 1 : 3 pièce(s) demandée(s), peuvent encore revenir : 2 (3 achetée(s), 1 en retour pour échange)",
        ),
        ("cancel it instead: order.cancel", "annulez-la plutôt : « Annuler »"),
        ("the order is half_packed already", "la commande est déjà à l’état « half_packed »"),
        ("Try again in a moment.", "Réessayez dans un instant."),
        ("nobody translated this", "nobody translated this"),
        ("", ""),
    ],
)
def test_words_of_the_hub_in_a_sentence_are_called_as_on_the_pages(english: str, told: str) -> None:
    assert plain(answered(english)) == told


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("sentence", "states"),
    [
        ("the order is {} already", State),
        ("refund F-1 is {}", RefundState),
        ("return R-1 is {}: that can't be done now", ReturnState),
        ("flash reorder L-1 is {}: that can't be done any more", FlashState),
        ("the payment of the order is {}: it needs no other one", PaymentState),
    ],
)
def test_every_state_in_a_sentence_is_called_as_on_the_pages(sentence: str, states: type[State]) -> None:
    assert [each.value for each in states if f"« {each.value} »" in plain(answered(sentence.format(each.value)))] == []


def test_all_that_becomes_of_pieces_has_a_word() -> None:
    ledger = pieces.Ledger(*(1 for _ in range(10)))

    assert {each.partition(" ")[2] for each in pieces.told(ledger).split(", ")} == set(names.PIECES)


SOURCE = """
from domain.orders.desk import edits
_ENDS = MappingProxyType({"recall": "wait for it", **dict.fromkeys(("a", "b"), "it has ended")})

def first(order, kind):
    where = f"store {order.store}" if order.store else "all stores"
    detail = f"line {order.lines[0].number} of {where} is {{odd}}"
    return Refusal("gate", detail, _next(order))

def second(said):
    return no(edits.NO_MORE), Refusal("gate", said.words, None)

def no(detail):
    return Refusal("gate", detail, _ENDS[kind])

def _next(order):
    return "look at it" if order else "leave it"
"""
MODULE = Module("domain/made_up.py", SOURCE)
READING = Reading(re.compile("found.detail"))


def read_in(*lines: str) -> list[list[str]]:
    calls = [each for each in MODULE.calls if isinstance(each.func, ast.Name) and each.func.id == "Refusal"]
    told = {ast.unparse(each): each for call in calls for each in call.args}
    at = {each: call for call in calls for each in call.args}
    return [READING.texts(At(MODULE, at[told[line]]), told[line]) for line in lines]


def test_what_is_said_is_read_wherever_it_is_written() -> None:
    first, second, third, fourth = read_in("detail", "_next(order)", "_ENDS[kind]", "None")

    assert "its money is settled and can't be raised" in first
    assert second == ["look at it", "leave it"]
    assert third == ["wait for it", "it has ended"]
    assert fourth == []


def test_what_can_not_be_read_is_told_rather_than_left_out() -> None:
    with pytest.raises(Unreadable, match=r"said\.words"):
        read_in("said.words")


@pytest.mark.integration
async def test_who_is_refused_reads_why_in_his_language(api: Api) -> None:
    await missing(api, "o-1", "W-1", 2)
    form = "/orders/o-1/acts/flash.create"
    async with signed_in(api) as person:
        person.client.headers["Accept-Language"] = "fr"
        given = fields_in(await person.look(form), form)
        much = await person.send(form, given | {"lines.1.quantity": "3", "send": "yes"}, 422)

    assert "il manque au plus 2 pièce(s) à la ligne 1" in much
    assert "n’en recherchez pas plus" in much
    assert "misses" not in much


@pytest.mark.integration
async def test_why_an_order_can_not_be_edited_and_what_is_wrong_with_a_field_is_told_in_french(api: Api) -> None:
    await confirmed(api.stage, "o-1", "W-1")
    await api.stage.until_state("o-1", "confirmed")
    form = "/orders/o-1/acts/order.comment"
    async with signed_in(api) as person, signed_in(api, "orders.read", name="rob") as reader:
        for each in (person, reader):
            each.client.headers["Accept-Language"] = "fr"
        page = plain(await person.look("/orders/o-1/edit"))
        given = fields_in(await person.look(form), form)
        long = await person.send(form, given | {"text": "x" * 50_000, "go": "do"}, 422)
        lacking = await reader.look("/orders/new", 403)

    assert "la commande est à l’état « Confirmée » : ses articles sont réservés tels quels" in page
    assert "rappelez-la pour pouvoir la modifier : « Rappeler à l’entrepôt »" in page
    assert "au plus 2000 caractères" in long
    assert "il faut pour cela le droit orders.manage" in lacking
    assert "demandez à quelqu’un qui l’a" in lacking
