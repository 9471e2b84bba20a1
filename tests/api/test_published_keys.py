"""Keys of an identity provider: asked for by one question at a time, within limits, and used while they count."""

import asyncio
from base64 import urlsafe_b64encode

import pytest
from joserfc.jwk import OctKey, RSAKey

from adapters import published_keys
from adapters.published_keys import ProviderIsAway, PublishedKeys
from tests.api.identity_provider import IdentityProvider, identity_provider


def keys_of(provider: IdentityProvider, keys_for: float = 600.0) -> PublishedKeys:
    return PublishedKeys(provider.issuer, None, keys_for)


def kid_of(provider: IdentityProvider) -> str:
    return str(provider.keys[-1].kid)


async def test_many_who_come_at_once_ask_once() -> None:
    async with identity_provider() as provider:
        keys = keys_of(provider)
        found = await asyncio.gather(*(keys.holding(kid_of(provider)) for _ in range(50)))

    assert None not in found
    assert provider.asked == 1


async def test_who_hangs_up_does_not_end_the_question_for_others() -> None:
    async with identity_provider() as provider:
        provider.answers.clear()
        keys = keys_of(provider)
        first, second = (asyncio.create_task(keys.holding(kid_of(provider))) for _ in range(2))
        while not provider.asked:
            await asyncio.sleep(0.01)
        first.cancel()
        provider.answers.set()

        assert await second is not None
    assert provider.asked == 1


async def test_an_unknown_key_can_not_be_judged_while_the_provider_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_keys, "AGAIN", 0.0)
    async with identity_provider() as provider:
        keys = keys_of(provider)
        known = await keys.holding(kid_of(provider))
        assert await keys.holding("made-up") is None
        provider.away = True
        with pytest.raises(ProviderIsAway):
            await keys.holding("made-up")

        assert await keys.holding(kid_of(provider)) is not None
    assert known is not None


async def test_who_has_a_known_key_waits_for_no_provider_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_keys, "AGAIN", 0.0)
    monkeypatch.setattr(published_keys, "SOON", 0.0)
    async with identity_provider() as provider:
        keys = keys_of(provider, keys_for=0.0)
        await keys.holding(kid_of(provider))
        provider.answers.clear()
        monkeypatch.setattr(published_keys, "SECONDS", 0.1)
        assert await keys.holding(kid_of(provider)) is not None
        monkeypatch.setattr(published_keys, "SECONDS", 600.0)
        before = provider.asked
        unknown = asyncio.create_task(keys.holding("made-up"))
        while provider.asked == before:
            await asyncio.sleep(0.01)

        assert await asyncio.wait_for(keys.holding(kid_of(provider)), 60) is not None
        assert not unknown.done()
        provider.answers.set()
        assert await unknown is None


async def test_keys_that_can_not_be_asked_for_anew_count_a_day_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_keys, "AGAIN", 0.0)
    async with identity_provider() as provider:
        keys = keys_of(provider, keys_for=0.0)
        await keys.holding(kid_of(provider))
        provider.away = True
        assert await keys.holding(kid_of(provider)) is not None
        monkeypatch.setattr(published_keys, "AT_MOST", 0.0)

        with pytest.raises(ProviderIsAway):
            await keys.holding(kid_of(provider))


async def test_a_key_that_can_not_be_used_costs_no_other() -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True)
    async with identity_provider() as provider:
        own = provider.keys[-1].as_dict(private=False)
        provider.more = [
            "no key",
            {"kty": "AKP", "kid": "of tomorrow", "alg": "ML-DSA-65", "pub": "AA"},
            {"kty": "OKP", "kid": "no curve", "crv": "X", "x": "AA"},
            {"kty": "RSA", "kid": "half"},
            {**own, "kid": "encrypts", "use": "enc"},
            {"kty": "RSA", "kid": "short", "e": "AQAB", "n": urlsafe_b64encode(b"\xc1" * 128).rstrip(b"=").decode()},
            secret,
        ]
        found = await keys_of(provider).holding(kid_of(provider))

    assert found is not None
    assert [key.kid for key in found] == [kid_of(provider)]


async def test_a_token_that_names_no_key_is_for_a_provider_that_has_one() -> None:
    async with identity_provider() as provider:
        keys = keys_of(provider)
        assert await keys.holding(None) is not None
        provider.more = [RSAKey.generate_key(2048, {"kid": "second"}).as_dict(private=False)]

        assert await keys_of(provider).holding(None) is None


async def test_a_document_without_an_end_is_not_read_to_it() -> None:
    async with identity_provider() as provider:
        provider.pieces = b" " * 65536
        with pytest.raises(ProviderIsAway, match="ValueError"):
            await keys_of(provider).holding("any")

        assert provider.sent < 100 * published_keys.MOST_BYTES


async def test_a_document_that_comes_in_drops_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_keys, "SECONDS", 0.5)
    async with identity_provider() as provider:
        provider.pieces = b" "
        with pytest.raises(ProviderIsAway, match="TimeoutError"):
            await keys_of(provider).holding("any")


async def test_keys_that_somebody_on_the_way_could_change_are_not_asked_for() -> None:
    async with identity_provider() as provider:
        provider.jwks_uri = "http://keys.example/keys"
        with pytest.raises(ProviderIsAway, match="ValueError"):
            await keys_of(provider).holding("any")

    assert provider.asked == 0
