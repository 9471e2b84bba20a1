"""Signing in by an identity provider: its tokens count, and nothing that only looks like one."""

import time
from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from hub.api_settings import OidcSettings
from tests.api.identity_provider import AUDIENCE, IdentityProvider, identity_provider
from tests.api.server import Api, running_api
from tests.stage import TOKEN_KEY, Stage

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
    "good for ever": lambda provider: provider.token(exp=10**30),
    "several audiences, none of them ours": lambda provider: provider.token(aud=["https://a.example", "account"]),
    "from tomorrow": lambda provider: provider.token(iat=int(time.time()) + 86400),
    "a key of its own": lambda provider: provider.signed_with_a_key_of_ones_own(),
    "a place of its own for keys": lambda provider: provider.signed_with_a_key_of_ones_own(jku="HERE/keys"),
    "a certificate of its own": lambda provider: provider.signed_with_a_key_of_ones_own(x5u="HERE/keys"),
    "an id of a key that is none": lambda provider: provider.token(header={"kid": "../keys"}),
    "signed by nobody": lambda provider: provider.unsigned(),
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


async def test_the_tool_and_several_audiences_are_read_as_providers_write_them(stage: Stage) -> None:
    async with identity_provider() as provider:
        oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
        async with running_api(stage, oidc=oidc) as api:
            token = provider.token("leo", aud=["account", AUDIENCE], client_id=None, azp="desk-of-azp")
            me = (await signed(api, token).get("/v1/me")).json()
            loud = await signed(api, provider.token(header={"typ": "application/AT+JWT"})).get("/v1/me")

    assert (me["name"], me["tool"]) == ("leo", "desk-of-azp")
    assert loud.status_code == 200


async def test_a_new_key_of_the_provider_is_learnt_and_a_forged_one_costs_no_question(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.published_keys.AGAIN", 0.0)
    async with identity_provider() as provider:
        oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
        async with running_api(stage, oidc=oidc, failed_sign_ins_per_minute=1000) as api:
            old = provider.token()
            assert (await signed(api, old).get("/v1/me")).status_code == 200
            provider.rotate("EC")
            assert (await signed(api, provider.token()).get("/v1/me")).status_code == 200
            assert (await signed(api, old).get("/v1/me")).status_code == 401
            monkeypatch.setattr("adapters.published_keys.AGAIN", 60.0)
            before = provider.asked
            for number in range(20):
                forged = provider.token(header={"kid": f"made-up-{number}"})
                assert (await signed(api, forged).get("/v1/me")).status_code == 401

    assert provider.asked == before


async def test_a_provider_that_is_away_shuts_nobody_out_whose_key_is_known(stage: Stage) -> None:
    async with identity_provider() as provider:
        oidc = OidcSettings(issuer=provider.issuer, audience=AUDIENCE)
        async with running_api(stage, oidc=oidc, failed_sign_ins_per_minute=1000) as api:

            async def opens() -> bool:
                return (await signed(api, provider.token()).get("/v1/me")).status_code == 200

            provider.away = True
            nobody_known = await signed(api, provider.token()).get("/v1/me")
            provider.away = False
            await stage.until(opens, "the provider is asked again")
            provider.away = True
            known = await signed(api, provider.token()).get("/v1/me")

    assert (nobody_known.status_code, nobody_known.json()["code"]) == (503, "identity_away")
    assert known.status_code == 200


async def test_a_token_of_the_hub_that_is_good_for_ever_opens_nothing(stage: Stage) -> None:
    claims = {"iss": "hub", "aud": "hub", "sub": "eve", "scope": "orders.read", "stores": ["*"], "exp": 10**30}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(TOKEN_KEY))
    async with running_api(stage) as api:
        answer = await signed(api, token).get("/v1/me")

    assert answer.status_code == 401
