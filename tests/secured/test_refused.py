"""What Keycloak has not signed for the hub opens nothing, although Keycloak has signed it."""

import pytest

from adapters import oidc
from tests.secured.hub_api import answered, trusting
from tests.secured.keycloak import Keycloak
from tests.secured.realm import Realm, imported
from tests.secured.signing_in import by_browser
from tests.secured.tokens import part, written
from tests.stage import Stage

pytestmark = [pytest.mark.secured, pytest.mark.integration, pytest.mark.timeout(900)]
OPENS, NOTHING = (200, ""), (401, "unauthenticated")


async def test_a_token_for_another_audience_or_of_another_realm_opens_nothing(
    stage: Stage, realm: Realm, keycloak: Keycloak
) -> None:
    await realm.add_client("elsewhere", like="desk")
    await realm.remove_scope("elsewhere", "hub")
    async with trusting(stage, realm) as api, imported(keycloak.base) as other:
        elsewhere = (await by_browser(realm, "ada", client="elsewhere")).access
        others = (await by_browser(other, "ada")).access

        assert "aud" not in part(elsewhere, 1)
        assert part(others, 1)["aud"] == "https://hub.example"
        assert await answered(api, elsewhere) == NOTHING
        assert await answered(api, others) == NOTHING
        assert await answered(api, (await by_browser(realm, "ada")).access) == OPENS


async def test_tokens_of_other_sorts_open_nothing(stage: Stage, realm: Realm) -> None:
    untyped = {"access.token.header.type.rfc9068": "false"}
    await realm.add_client("untyped", like="desk", **untyped)
    async with trusting(stage, realm) as api:
        signed_in = await by_browser(realm, "ada")
        plain = (await by_browser(realm, "ada", client="untyped")).access

        assert part(plain, 0)["typ"] == "JWT"
        assert await answered(api, plain) == NOTHING
        assert await answered(api, str(signed_in.id)) == NOTHING
        assert await answered(api, str(signed_in.refresh)) == NOTHING
        assert await answered(api, signed_in.access) == OPENS


async def test_only_algorithms_that_the_settings_name_count(stage: Stage, realm: Realm) -> None:
    for algorithm in ("HS256", "PS256"):
        await realm.add_client(algorithm, like="desk", **{"access.token.signed.response.alg": algorithm})
    async with trusting(stage, realm) as api:
        shared = (await by_browser(realm, "ada", client="HS256")).access
        unlisted = (await by_browser(realm, "ada", client="PS256")).access

        assert [part(each, 0)["alg"] for each in (shared, unlisted)] == ["HS256", "PS256"]
        assert await answered(api, shared) == NOTHING
        assert await answered(api, unlisted) == NOTHING
    async with trusting(stage, realm, algorithms=["PS256"]) as api:
        assert await answered(api, unlisted) == OPENS


async def test_a_token_that_was_changed_on_the_way_opens_nothing(stage: Stage, realm: Realm) -> None:
    async with trusting(stage, realm) as api:
        token = (await by_browser(realm, "ada")).access
        header, claims, signature = token.split(".")
        more = written(part(token, 1) | {"roles": ["admin"], "stores": ["*"]})
        unsigned = written(part(token, 0) | {"alg": "none"})

        assert await answered(api, token) == OPENS
        assert await answered(api, f"{header}.{more}.{signature}") == NOTHING
        assert await answered(api, f"{unsigned}.{claims}.") == NOTHING
        assert await answered(api, f"{unsigned}.{more}.{signature}") == NOTHING


async def test_clocks_may_differ_by_half_a_minute(stage: Stage, realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trusting(stage, realm) as api:
        token = (await by_browser(realm, "ada")).access
        begins, ends = part(token, 1)["iat"], part(token, 1)["exp"]
        answers = {}
        for at in (begins - 31, begins - 30, ends + 29, ends + 30):
            monkeypatch.setattr(oidc, "now", lambda at=at: at)
            answers[at] = await answered(api, token)

    assert list(answers.values()) == [NOTHING, OPENS, OPENS, NOTHING]
