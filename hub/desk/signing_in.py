"""Signing in by the identity provider, in a browser that goes there and comes back with a code."""

from dataclasses import dataclass

from adapters.authorization_code import Beginning as Beginning
from adapters.authorization_code import CodeFlow, CodeIsRefused
from adapters.oidc import ProviderIsAway
from hub.desk.callers import Caller, Doorkeeper, IdentityIsAway, NobodySignedIn


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has come back, and by what his provider is asked again what he may do, if it gives that."""

    caller: Caller
    refresh: str | None


def provider_of(door: Doorkeeper) -> str | None:
    """Return the provider's name for itself; None where nobody signs in by one in a browser."""
    return None if door.flow is None else door.flow.issuer


async def address(door: Doorkeeper, beginning: Beginning, back: str) -> str:
    """Return where a browser goes to sign in; raises NobodySignedIn where there is no provider, IdentityIsAway."""
    try:
        return await _flow(door).address(beginning, back)
    except ProviderIsAway as error:
        raise IdentityIsAway from error


async def farewell(door: Doorkeeper, back: str) -> str | None:
    """Return where a browser goes to sign out at the provider, too; None where there is no such place."""
    return None if door.flow is None else await door.flow.farewell(back)


async def come_back(door: Doorkeeper, code: str, beginning: Beginning, back: str) -> SignedIn:
    """Return who has come back with a code; raises NobodySignedIn where it is worth nothing, IdentityIsAway."""
    try:
        tokens = await _flow(door).redeem(code, beginning, back)
    except CodeIsRefused as error:
        raise NobodySignedIn from error
    except ProviderIsAway as error:
        raise IdentityIsAway from error
    return SignedIn(await door.identify(tokens.access), tokens.refresh)


def _flow(door: Doorkeeper) -> CodeFlow:
    if door.flow is None:
        raise NobodySignedIn
    return door.flow
