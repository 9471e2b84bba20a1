"""Signing in by an identity provider in a browser: by code and PKCE, renewed while the session lasts."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from adapters import authorization_code
from hub.api_settings import OidcSettings
from tests.api.identity_provider import AUDIENCE, IdentityProvider, identity_provider
from tests.api.server import Api, running_api
from tests.console.visitor import Visiting, Visitor, text_of
from tests.stage import Stage

pytestmark = pytest.mark.integration


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    """An identity provider on a real socket."""
    async with identity_provider() as provider:
        yield provider


@pytest.fixture
async def trusting(stage: Stage, provider: IdentityProvider) -> AsyncIterator[Api]:
    """An API whose console is a client of the provider."""
    oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE, client_id="console")
    async with running_api(stage, project=False, oidc=oidc) as api:
        yield api


async def sent_back(visitor: Visitor, wanted: str = "/me") -> str:
    """Go to the provider; return the address that it sends the browser back to."""
    leaving = await visitor.get(f"/sign-in/provider?next={wanted}")
    assert leaving.status_code == 303
    return (await visitor.client.get(leaving.headers["location"])).headers["location"]


async def signed_in(visitor: Visitor, wanted: str = "/me") -> httpx2.Response:
    return await visitor.client.get(await sent_back(visitor, wanted))


async def make_stale(api: Api) -> None:
    await api.stage.change(
        "UPDATE console_session SET renew_at = now() - interval '1 second' WHERE refresh IS NOT NULL"
    )


async def test_who_comes_back_from_the_provider_is_signed_in_with_the_rights_of_his_roles(
    trusting: Api, visiting: Visiting
) -> None:
    ada = visiting(trusting)
    gate = await ada.get("/sign-in?next=/refunds")

    answer = await signed_in(ada, "/refunds")
    page = await ada.get("/me")

    assert "Sign in with 127.0.0.1" in text_of(gate)
    assert (answer.status_code, answer.headers["location"]) == (303, "/refunds")
    assert "refund.create" in text_of(page)
    assert "orders.operate" not in text_of(page)


async def test_the_provider_is_asked_with_a_challenge_and_told_nothing_of_where_one_wanted_to_go(
    trusting: Api, visiting: Visiting
) -> None:
    ada = visiting(trusting)

    leaving = await ada.get("/sign-in/provider?next=/orders?q=secret")
    asked = parse_qs(urlsplit(leaving.headers["location"]).query)

    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
        ["code"],
        ["console"],
        ["S256"],
    )
    assert asked["redirect_uri"] == [f"{trusting.base}/sign-in/back"]
    assert "secret" not in leaving.headers["location"]


@pytest.mark.parametrize("forged", [("state=", "state=x"), ("code=", "code=x"), ("iss=http", "iss=https")])
async def test_what_comes_back_must_be_what_this_browser_left_for(
    trusting: Api, visiting: Visiting, forged: tuple[str, str]
) -> None:
    ada = visiting(trusting)
    back = (await sent_back(ada)).replace(*forged)

    answer = await ada.client.get(back)

    assert answer.status_code in (400, 401)
    assert await trusting.stage.rows("SELECT 1 FROM console_session") == []


async def test_a_code_that_another_browser_began_signs_nobody_in(trusting: Api, visiting: Visiting) -> None:
    eve, ada = visiting(trusting), visiting(trusting)
    hers = await sent_back(eve)

    answer = await ada.client.get(hers)

    assert answer.status_code == 400
    assert "not where you began" in text_of(answer)


async def test_what_somebody_may_do_is_asked_for_again_and_once_for_all_who_ask_at_once(
    trusting: Api, visiting: Visiting, provider: IdentityProvider
) -> None:
    ada = visiting(trusting)
    await signed_in(ada)
    provider.person = {"roles": ["operator"]}
    await make_stale(trusting)

    pages = await asyncio.gather(*(ada.get("/me") for _ in range(5)))

    assert {each.status_code for each in pages} == {200}
    assert all("orders.operate" in text_of(each) for each in pages)
    assert provider.granted == ["authorization_code", "refresh_token"]


async def test_who_is_signed_out_at_the_provider_is_signed_out_here(
    trusting: Api, visiting: Visiting, provider: IdentityProvider
) -> None:
    ada = visiting(trusting)
    await signed_in(ada)
    provider.refreshes.clear()
    await make_stale(trusting)

    answer = await ada.get("/me")

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fme")
    assert await trusting.stage.rows("SELECT 1 FROM console_session") == []


async def test_while_the_provider_is_away_what_it_said_last_counts_as_long_as_its_token(
    trusting: Api, visiting: Visiting, provider: IdentityProvider
) -> None:
    ada = visiting(trusting)
    await signed_in(ada)
    provider.grants_away = True
    await make_stale(trusting)
    goes_on = await ada.get("/me")
    over = "UPDATE console_session SET renew_at = now() - interval '1 second', caller = caller || '{\"good_until\": 1}'"
    await trusting.stage.change(over)

    stops = await ada.get("/me")
    provider.grants_away = False
    again = await ada.get("/me")

    assert (goes_on.status_code, stops.status_code, again.status_code) == (200, 503, 200)
    assert "identity provider does not answer" in text_of(stops)


async def test_the_provider_itself_is_away(trusting: Api, visiting: Visiting, provider: IdentityProvider) -> None:
    ada = visiting(trusting)
    back = await sent_back(ada)
    provider.grants_away = True

    answer = await ada.client.get(back)

    assert answer.status_code == 503
    assert "Nobody can sign in now" in text_of(answer)


async def test_what_renews_a_session_can_be_read_by_nobody_who_reads_the_database(
    trusting: Api, visiting: Visiting, provider: IdentityProvider
) -> None:
    ada = visiting(trusting)
    await signed_in(ada)

    (row,) = await trusting.stage.rows("SELECT console_session::text AS held, refresh FROM console_session")

    assert row["refresh"] is not None
    assert provider.refreshes[0].encode().hex() not in row["held"]
    assert provider.refreshes[0].encode() not in bytes(row["refresh"])
    assert ada.client.cookies["hub"] not in row["held"]


async def test_a_provider_that_hangs_holds_up_nobody_else(
    trusting: Api, visiting: Visiting, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorization_code, "SECONDS", 10_000.0)
    people = [visiting(trusting) for _ in range(trusting.settings.api.connections + 2)]
    for each in people:
        await signed_in(each)
    other = visiting(trusting)
    await other.sign_in("orders.read")
    await make_stale(trusting)
    provider.grants.clear()

    waiting = [asyncio.create_task(each.get("/me")) for each in people]
    while len(provider.waiting) < len(people):
        await asyncio.sleep(0.05)
    answer = await other.get("/me")
    hung = [each.done() for each in waiting]
    provider.grants.set()

    assert answer.status_code == 200
    assert not any(hung)
    assert {each.status_code for each in await asyncio.gather(*waiting)} == {200}


async def test_an_answer_of_the_provider_without_end_is_not_read_to_it(
    trusting: Api, visiting: Visiting, provider: IdentityProvider
) -> None:
    ada = visiting(trusting)
    back = await sent_back(ada)
    provider.pieces = b" " * 65_536

    answer = await ada.client.get(back)

    assert answer.status_code == 503
    assert provider.sent < 10_000_000


async def test_who_signs_out_here_may_sign_out_at_the_provider_too(
    trusting: Api, visiting: Visiting, provider: IdentityProvider
) -> None:
    provider.ends_sessions = True
    ada = visiting(trusting)
    await signed_in(ada)

    out = await ada.send("/sign-out", {})
    page = await ada.get(out.headers["location"])
    there = await ada.get("/sign-out/provider")

    assert "At 127.0.0.1 you still are signed in." in text_of(page)
    assert 'href="/sign-out/provider"' in page.text
    where = urlsplit(there.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{provider.issuer}/end"
    told = {"client_id": ["console"], "post_logout_redirect_uri": [f"{trusting.base}/sign-in"]}
    assert parse_qs(where.query) == told
    assert await trusting.stage.rows("SELECT 1 FROM console_session") == []


async def test_a_provider_without_a_way_out_is_left_alone(trusting: Api, visiting: Visiting) -> None:
    ada = visiting(trusting)
    await signed_in(ada)

    out = await ada.send("/sign-out", {})
    there = await ada.get("/sign-out/provider")

    assert [each.headers["location"] for each in (out, there)] == ["/sign-in", "/sign-in"]
