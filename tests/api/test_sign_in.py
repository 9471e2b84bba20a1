"""Signing in by an identity provider: its tokens count, and nothing that only looks like one."""

import time
from collections.abc import Callable

import pytest

from hub.api_settings import OidcSettings
from tests.api.identity_provider import AUDIENCE, IdentityProvider, identity_provider
from tests.api.server import Api, running_api
from tests.stage import Stage

pytestmark = pytest.mark.integration
Token = Callable[[IdentityProvider], str]
WRONG: dict[str, Token] = {
    "another audience": lambda provider: provider.token(aud="https://elsewhere.example"),
    "another issuer": lambda provider: provider.token(iss="https://elsewhere.example"),
    "expired": lambda provider: provider.token(exp=int(time.time()) - 60),
    "never ends": lambda provider: provider.token(exp=None),
    "not yet": lambda provider: provider.token(nbf=int(time.time()) + 600),
    "of nobody": lambda provider: provider.token(sub=None),
    "an ID token": lambda provider: provider.token(header={"typ": "JWT"}),
    "no type": lambda provider: provider.token(header={"typ": ""}),
    "the public key as a secret": lambda provider: provider.forged_with_its_public_key(),
    "a flipped bit": lambda provider: provider.token()[:-6] + "AAAAAA",
    "unsigned": lambda provider: ".".join(provider.token().split(".")[:2]) + ".",
    "no token": lambda provider: "nonsense",
}


def signed(api: Api, token: str) -> Api:
    return Api(api.stage, api.settings, api.base, api.client, {"Authorization": f"Bearer {token}"})


async def test_tokens_of_the_provider_count_and_others_open_nothing(stage: Stage) -> None:
    async with identity_provider() as provider:
        oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
        async with running_api(stage, oidc=oidc, failed_sign_ins_per_minute=1000) as api:
            me = (await signed(api, provider.token("ada", stores=["lille"])).get("/v1/me")).json()
            refused = {}
            for why, make in WRONG.items():
                refused[why] = (await signed(api, make(provider)).get("/v1/me")).status_code

    assert (me["name"], me["tool"], me["stores"]) == ("ada", "desk", ["lille"])
    assert set(me["scopes"]) >= {"orders.read", "orders.manage"}
    assert "refund.approve" not in me["scopes"]
    assert refused == dict.fromkeys(WRONG, 401)


async def test_a_new_key_of_the_provider_is_learnt_and_a_forged_one_costs_no_question(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.oidc.AGAIN", 0.0)
    async with identity_provider() as provider:
        oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
        async with running_api(stage, oidc=oidc, failed_sign_ins_per_minute=1000) as api:
            old = provider.token()
            assert (await signed(api, old).get("/v1/me")).status_code == 200
            provider.rotate("EC")
            assert (await signed(api, provider.token()).get("/v1/me")).status_code == 200
            assert (await signed(api, old).get("/v1/me")).status_code == 401
            monkeypatch.setattr("adapters.oidc.AGAIN", 60.0)
            before = provider.asked
            for number in range(20):
                forged = provider.token(header={"kid": f"made-up-{number}"})
                assert (await signed(api, forged).get("/v1/me")).status_code == 401

    assert provider.asked == before


async def test_a_provider_that_is_away_shuts_nobody_out_whose_key_is_known(stage: Stage) -> None:
    async with identity_provider() as provider:
        oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
        async with running_api(stage, oidc=oidc, failed_sign_ins_per_minute=1000) as api:
            provider.away = True
            first = await signed(api, provider.token()).get("/v1/me")
            provider.away = False
            second = await signed(api, provider.token()).get("/v1/me")
            provider.away = True
            third = await signed(api, provider.token()).get("/v1/me")

    assert (first.status_code, first.json()["code"]) == (503, "identity_away")
    assert (second.status_code, third.status_code) == (200, 200)
