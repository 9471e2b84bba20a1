"""Keycloak's keys change, and Keycloak goes away: who may be let in is let in, without a restart of the hub."""

import pytest

from tests.secured.hub_api import answered, trusting
from tests.secured.keycloak import Keycloak
from tests.secured.realm import Realm
from tests.secured.signing_in import by_browser
from tests.secured.tokens import kid_of
from tests.stage import Stage

pytestmark = [pytest.mark.secured, pytest.mark.integration, pytest.mark.timeout(900)]
OPENS, NOTHING, AWAY = (200, ""), (401, "unauthenticated"), (503, "identity_away")
PATIENCE = 120.0


async def test_a_new_key_counts_and_a_removed_one_no_longer(stage: Stage, realm: Realm) -> None:
    async with trusting(stage, realm, keys_for="PT1S") as api:
        old = (await by_browser(realm, "ada")).access
        assert await answered(api, old) == OPENS
        await realm.add_key(priority=200)
        new = (await by_browser(realm, "ada")).access
        assert kid_of(new) != kid_of(old)

        async def new_opens() -> bool:
            return await answered(api, new) == OPENS

        async def old_opens_nothing() -> bool:
            return await answered(api, old) == NOTHING

        await stage.until(new_opens, "the new key counts", PATIENCE)
        assert await answered(api, old) == OPENS
        await realm.remove_key(kid_of(old))
        await stage.until(old_opens_nothing, "the removed key counts no longer", PATIENCE)
        assert await answered(api, new) == OPENS


async def test_while_keycloak_is_away_known_keys_count_and_unknown_ones_are_told_as_such(
    stage: Stage, realm: Realm, keycloak: Keycloak
) -> None:
    async with trusting(stage, realm) as api:
        known = (await by_browser(realm, "ada")).access
        assert await answered(api, known) == OPENS
        await realm.add_key(priority=200)
        unknown = (await by_browser(realm, "ada")).access
        keycloak.kill()
        try:
            assert await answered(api, known) == OPENS
            async with trusting(stage, realm) as just_started:
                assert await answered(just_started, known) == AWAY

            async def told_as_away() -> bool:
                return await answered(api, unknown) == AWAY

            await stage.until(told_as_away, "the unknown key can't be judged", PATIENCE)
            assert await answered(api, known) == OPENS
        finally:
            keycloak.start_again()

        async def opens() -> bool:
            return await answered(api, unknown) == OPENS

        await stage.until(opens, "the provider is asked again", PATIENCE)
