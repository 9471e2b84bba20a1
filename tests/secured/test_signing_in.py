"""Who signs in by Keycloak is who its realm says: by name, roles, stores and scopes."""

import pytest

from domain import rights
from tests.secured.hub_api import answered, asked, trusting
from tests.secured.realm import Realm
from tests.secured.signing_in import NotSignedIn, by_browser, by_secret, code_without_pkce, refreshed, signed_out
from tests.stage import Stage

pytestmark = [pytest.mark.secured, pytest.mark.integration, pytest.mark.timeout(900)]
PEOPLE = {"ada": ("csr", ["lille"]), "leo": ("csr_lead", ["lille", "lyon"]), "olga": ("operator", ["*"])}


async def test_people_sign_in_by_code_and_pkce_and_may_do_what_their_roles_stand_for(
    stage: Stage, realm: Realm
) -> None:
    async with trusting(stage, realm) as api:
        for name, (role, stores) in PEOPLE.items():
            me = (await asked(api, (await by_browser(realm, name)).access)).json()

            assert (me["name"], me["issuer"], me["tool"]) == (name, realm.issuer, "desk")
            assert (me["stores"], me["scopes"]) == (stores, sorted(rights.ROLES[role]))
            assert me["expires_at"] is not None


async def test_a_service_signs_in_by_its_secret_and_may_do_what_it_asks_for(stage: Stage, realm: Realm) -> None:
    async with trusting(stage, realm) as api:
        nothing = (await asked(api, (await by_secret(realm, "reports")).access)).json()
        reads = (await asked(api, (await by_secret(realm, "reports", "orders.read")).access)).json()

    assert (nothing["scopes"], reads["scopes"]) == ([], ["orders.read"])
    assert (reads["name"], reads["tool"], reads["stores"]) == ("service-account-reports", "reports", ["lille"])


async def test_keycloak_gives_no_scope_that_a_client_may_not_have_and_no_code_without_pkce(realm: Realm) -> None:
    with pytest.raises(NotSignedIn, match="invalid_scope"):
        await by_browser(realm, "ada", scope="openid orders.read")
    with pytest.raises(NotSignedIn, match="invalid_scope"):
        await by_secret(realm, "reports", "refund.approve")
    with pytest.raises(NotSignedIn, match="code_challenge_method"):
        await code_without_pkce(realm, "ada")


async def test_a_refresh_token_gives_new_tokens_once(stage: Stage, realm: Realm) -> None:
    first = await by_browser(realm, "ada")
    assert first.refresh is not None
    second = await refreshed(realm, first.refresh)
    with pytest.raises(NotSignedIn, match="invalid_grant"):
        await refreshed(realm, first.refresh)

    assert second.access != first.access
    async with trusting(stage, realm) as api:
        assert await answered(api, second.access) == (200, "")


async def test_nobody_but_an_administrator_changes_the_stores_of_a_person(realm: Realm) -> None:
    profile = await realm.ask("GET", "/users/profile")
    permissions = {each["name"]: each["permissions"] for each in profile["attributes"]}

    assert permissions["stores"] == {"view": ["admin"], "edit": ["admin"]}
    assert profile.get("unmanagedAttributePolicy") is None


async def test_the_stores_of_a_group_count_for_its_members(stage: Stage, realm: Realm) -> None:
    await realm.ask("POST", "/groups", {"name": "north", "attributes": {"stores": ["calais"]}})
    group, ada = (await realm.ask("GET", "/groups"))[0]["id"], (await realm.ask("GET", "/users?username=ada"))[0]["id"]
    await realm.ask("PUT", f"/users/{ada}/groups/{group}")
    async with trusting(stage, realm) as api:
        me = (await asked(api, (await by_browser(realm, "ada")).access)).json()

    assert me["stores"] == ["calais", "lille"]


async def test_who_signs_out_gets_no_new_tokens_and_the_one_he_has_counts_to_its_end(
    stage: Stage, realm: Realm
) -> None:
    had = await by_browser(realm, "ada")
    await signed_out(realm, str(had.refresh))
    with pytest.raises(NotSignedIn, match="invalid_grant"):
        await refreshed(realm, str(had.refresh))

    async with trusting(stage, realm) as api:
        assert await answered(api, had.access) == (200, "")
