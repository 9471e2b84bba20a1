"""What pages say of an order: plain sentences, in the visitor's language, and never a message's own name."""

import re

import pytest

from tests.api.server import Api
from tests.console.visitor import Visiting, hidden, text_of
from tests.integration.messages import authorized, placed

pytestmark = pytest.mark.integration
RAW = re.compile(r"\b(?:order|payment|fraud|shipment|timer|alert|email)\.[a-z_]+(?:\.v\d+)?\b")


async def doubted(api: Api) -> None:
    await api.stage.say("shop.events", placed("W-1"), "o-1")
    await api.stage.say("payment.events", authorized("o-1"), "o-1")
    await api.stage.until_state("o-1", "risk_review")


async def test_an_order_is_told_in_plain_sentences(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await doubted(api)
    await ann.send("/orders/o-1/acts/order.hold", {"key": "k-1", "version": "9", "reason": "look", "go": "do"})
    form = await ann.get("/orders/o-1/acts/order.hold")
    given = {"key": hidden(form, "key"), "version": hidden(form, "version"), "reason": "look", "go": "do"}
    await ann.send("/orders/o-1/acts/order.hold", given)

    page = text_of(await ann.get("/orders/o-1"))

    assert "The shop sent an order that the customer placed." in page
    assert "The payment was reserved." in page
    assert "ann put the order on hold." in page
    assert "led to: hold put on" in page
    assert "Waits for the fraud service" in page
    assert "Gives its verdict" in page
    assert "“Release the hold”" in page
    assert RAW.findall(page) == []


async def test_what_will_happen_is_told_in_sentences(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await doubted(api)
    form = await ann.get("/orders/o-1/acts/order.cancel")
    given = {"key": hidden(form, "key"), "version": hidden(form, "version"), "reason": "customer", "go": "check"}

    tried = text_of(await ann.send("/orders/o-1/acts/order.cancel", given))

    assert "The order will be cancelled." in tried
    assert "The payment service will be asked to set reserved money free." in tried
    assert "The customer will get an e-mail." in tried
    assert RAW.findall(tried) == []


async def test_a_visitor_who_wishes_for_french_reads_french(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await ann.send("/me", {"language": "fr"})
    await doubted(api)

    page = await ann.get("/orders/o-1")
    told = text_of(page).replace("\u202f", " ").replace("\xa0", " ")
    wrong = await ann.send("/orders/o-1/acts/payment.note", {"operation": "capture", "amount": "dix", "go": "do"})

    assert "Accept-Language" in page.headers["vary"]
    assert "La boutique a transmis la commande passée par le client." in told
    assert "L’empreinte du paiement est prise." in told
    assert "Attend le service antifraude" in told
    assert "Mettre en attente" in told
    assert re.search(r"\d,\d\d €", told)
    assert 'data-live="En direct"' in page.text
    assert "saisissez un montant, par exemple 12,50" in text_of(wrong)


async def test_scripts_have_no_words_of_their_own(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    page = await ann.get("/sign-in")
    address = page.text.split('src="')[2].split('"')[0].rsplit("/", 1)[0]

    scripts = [await ann.get(f"{address}/{name}.js") for name in ("console", "live", "keys")]

    assert [each.status_code for each in scripts] == [200, 200, 200]
    assert [each.text for each in scripts if re.search(r"(?:textContent|innerText) = [\"`'][A-Za-z]", each.text)] == []
    assert [each.text for each in scripts if "documentElement.lang" in each.text] == []
