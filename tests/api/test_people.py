"""What people are called: noted as they sign in, told beside their acts, and erased."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from adapters.postgres import people
from domain import rights
from hub.api import remembering
from hub.api_settings import OidcSettings
from hub.desk import audit
from tests.api.identity_provider import AUDIENCE, IdentityProvider, identity_provider
from tests.api.server import Api, running_api
from tests.stage import Stage

pytestmark = pytest.mark.integration
ROWS = "SELECT id, name FROM person ORDER BY id"


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    async with identity_provider() as provider:
        yield provider


@pytest.fixture
async def signed_in(stage: Stage, provider: IdentityProvider) -> AsyncIterator[Api]:
    oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
    async with running_api(stage, oidc=oidc, project=False) as api:
        yield api


async def sign_in(api: Api, token: str) -> None:
    me = await replace(api, _headers={"Authorization": f"Bearer {token}"}).get("/v1/me")
    assert me.status_code == 200, me.text


async def names(api: Api, *ids: str) -> Mapping[str, str]:
    answer = await api.get("/v1/people", params={"id": ids})
    assert answer.status_code == 200, answer.text
    return {each["id"]: each["name"] for each in answer.json()["items"]}


async def test_people_are_called_as_their_tokens_say(signed_in: Api, provider: IdentityProvider) -> None:
    await sign_in(signed_in, provider.token("u-1", name="Ada\n Lovelace\u202e"))
    await sign_in(signed_in, provider.token("u-2", name="x" * 1000))
    await sign_in(signed_in, provider.token("u-3", name=7))
    await sign_in(signed_in, provider.token("u-4", name=" \n"))
    await signed_in.stage.until_rows(ROWS, 2)

    told = await names(signed_in.as_(rights.READ), "u-1", "u-2", "u-3", "u-4", "nobody")

    assert told == {"u-1": "Ada Lovelace", "u-2": "x" * 200}
    assert (await signed_in.as_(rights.MANAGE_WEBHOOKS).get("/v1/people?id=u-1")).status_code == 403
    assert (await signed_in.get("/v1/people")).status_code == 422


async def test_a_name_is_written_once_an_hour_and_when_it_changes(stage: Stage) -> None:
    async def note(name: str) -> tuple[str, str]:
        await people.note(stage.engine, "iss", "u-1", name)
        (row,) = await stage.rows("SELECT name, xmin::text AS written FROM person")
        return row["name"], row["written"]

    first, again, other = await note("Ada"), await note("Ada"), await note("Ada L.")
    await stage.change("UPDATE person SET seen_at = now() - interval '2 hours'")
    await note("Ada L.")

    assert first == again
    assert other[0] == "Ada L."
    assert await stage.rows("SELECT 1 FROM person WHERE seen_at > now() - interval '1 hour'")


async def test_a_name_that_could_not_be_written_is_written_by_a_later_request(
    signed_in: Api, provider: IdentityProvider
) -> None:
    token, stage = provider.token("u-1", name="Ada"), signed_in.stage
    await stage.change("ALTER TABLE person RENAME TO gone")
    with capture_logs() as told:
        await sign_in(signed_in, token)

        async def failed() -> bool:
            return any(each["event"] == "api.not_noted" for each in told)

        await stage.until(failed, "the name could not be written")
    await stage.change("ALTER TABLE gone RENAME TO person")

    await sign_in(signed_in, token)

    assert [row["name"] for row in await stage.until_rows(ROWS)] == ["Ada"]


def test_a_process_asks_for_no_more_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = remembering.Names()
    monkeypatch.setattr(remembering, "CALLERS", 2)

    told = [noted.is_news(*each) for each in (("a", "Ada"), ("a", "Ada"), ("a", "Ida"), ("b", "Bea"), ("c", "Cid"))]

    assert told == [True, False, True, True, True]
    assert noted.is_news("a", "Ida")


async def test_who_is_called_differently_by_two_issuers_has_no_name(stage: Stage, beside: Api) -> None:
    for issuer, id_, name in (("a", "u-1", "Ada"), ("b", "u-1", "Eve"), ("a", "u-2", "Bea"), ("b", "u-2", "Bea")):
        await people.note(stage.engine, issuer, id_, name)

    assert await names(beside, "u-1", "u-2") == {"u-2": "Bea"}


async def test_a_name_is_erased_by_operators_and_in_time(stage: Stage, beside: Api) -> None:
    for id_ in ("u-1", "u-2", "u-3"):
        await people.note(stage.engine, "iss", id_, "Ada")
    await stage.change("UPDATE person SET seen_at = now() - interval '400 days' WHERE id = 'u-2'")
    wish = {"id": "u-1", "why": "she asked for it"}

    done = [await beside.act("/v1/ops/people/erase", wish, key="k-1") for _ in range(2)]
    nothing = await beside.act("/v1/ops/people/erase", wish)
    refused = await beside.as_(rights.READ).act("/v1/ops/people/erase", wish)
    await audit.tidy(stage.desk)

    assert [each.json() for each in (*done, nothing)] == [{"done": True}, {"done": True}, {"done": False}]
    assert refused.status_code == 403
    assert [row["id"] for row in await stage.rows(ROWS)] == ["u-3"]
    rows = await stage.rows("SELECT action, why, wish FROM operation ORDER BY id")
    assert rows[0] == {"action": "erase person", "why": "she asked for it", "wish": {"person": "u-1"}}
    assert "Ada" not in str(rows)
