"""Signing in and out: by a token, into a session that the server ends, and never for another site's page."""

from datetime import timedelta

import pytest

from tests.api.server import Api
from tests.console.visitor import Visiting, text_of
from tests.integration.messages import placed

pytestmark = pytest.mark.integration


async def test_who_is_not_signed_in_is_asked_and_then_led_to_where_he_wanted(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)

    first = await ann.get("/attention?kind=alert")
    answer = await ann.sign_in(wanted="/attention?kind=alert")

    assert first.status_code == 303
    assert first.headers["location"] == "/sign-in?next=%2Fattention%3Fkind%3Dalert"
    assert (answer.status_code, answer.headers["location"]) == (303, "/attention?kind=alert")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("hub=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert (await ann.get("/orders")).status_code == 200


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_nobody_is_led_to_another_site(beside: Api, visiting: Visiting, wanted: str) -> None:
    answer = await visiting(beside).sign_in(wanted=wanted)

    assert answer.headers["location"] == "/"


async def test_a_token_that_opens_nothing_is_refused_with_words(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)

    answer = await ann.send("/sign-in", {"token": "nonsense", "next": "/orders"})

    assert answer.status_code == 401
    assert "The token opens nothing" in text_of(answer)
    assert "set-cookie" not in answer.headers
    assert (await ann.get("/orders")).status_code == 303


async def test_guessing_tokens_is_slowed_down(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)

    answers = [await ann.send("/sign-in", {"token": f"guess-{n}", "next": "/"}) for n in range(12)]

    assert {each.status_code for each in answers} == {401, 429}
    assert "Too many tries" in text_of(answers[-1])


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
async def test_another_sites_page_can_neither_sign_in_nor_act(
    api: Api, visiting: Visiting, headers: dict[str, str]
) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await api.stage.say("shop.events", placed(), "o-1")
    await api.stage.until_state("o-1", "payment_pending")
    token = api.stage.token(name="eve")

    signing = await ann.send("/sign-in", {"token": token, "next": "/"}, headers)
    acting = await ann.send("/orders/o-1/acts/order.comment", {"text": "forged", "go": "do"}, headers)

    assert (signing.status_code, acting.status_code) == (403, 403)
    assert "set-cookie" not in signing.headers
    assert "note.added.v1" not in await api.stage.types("o-1")


async def test_signing_out_ends_the_session_on_the_server_and_releases_locks(api: Api, visiting: Visiting) -> None:
    ann = visiting(api)
    await ann.sign_in()
    await api.stage.say("shop.events", placed(), "o-1")
    await api.stage.until_state("o-1", "payment_pending")
    await api.act("/v1/orders/o-1/lock")
    listed = "SELECT 1 FROM order_list WHERE order_id = 'o-1' AND locked_by = 'ann'"
    await api.stage.until_rows(listed)
    kept = dict(ann.client.cookies)

    answer = await ann.send("/sign-out", {})
    ann.client.cookies.update(kept)

    assert answer.headers["location"] == "/sign-in"
    assert (await ann.get("/orders")).status_code == 303
    assert (await api.get("/v1/orders/o-1")).json()["lock"] is None
    assert await api.stage.rows("SELECT * FROM console_session") == []


async def test_a_session_ends_with_its_token_and_only_a_hash_of_its_cookie_is_stored(
    beside: Api, visiting: Visiting
) -> None:
    ann = visiting(beside)
    await ann.sign_in()
    (row,) = await beside.stage.rows("SELECT encode(id, 'hex') AS id, ends_at - began_at AS life FROM console_session")

    await beside.stage.change("UPDATE console_session SET ends_at = now() - interval '1 second'")

    assert row["life"] <= timedelta(hours=12)
    assert ann.client.cookies["hub"] not in str(row)
    assert (await ann.get("/orders")).status_code == 303


async def test_from_another_machine_only_https_will_do(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    plain = await ann.get("/sign-in", Host="hub.example")
    behind = {"Host": "hub.example", "X-Forwarded-Proto": "https", "Sec-Fetch-Site": "same-origin"}

    page = await ann.get("/sign-in", **behind)
    answer = await ann.send("/sign-in", {"token": beside.stage.token(), "next": "/"}, behind)

    assert (plain.status_code, page.status_code, answer.status_code) == (403, 200, 303)
    assert "HTTPS" in plain.text
    assert answer.headers["set-cookie"].startswith("__Host-hub=")
    assert "Secure" in answer.headers["set-cookie"]


async def test_the_cookie_opens_no_route_of_the_api(beside: Api, visiting: Visiting) -> None:
    ann = visiting(beside)
    await ann.sign_in()

    answer = await ann.get("/v1/me")

    assert answer.status_code == 401
