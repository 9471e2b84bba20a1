"""Tokens: signed for a person or a tool, who may then command what their scopes allow."""

from collections.abc import Sequence
from datetime import timedelta

from adapters import keys, tokens
from hub.desk.errors import ScopeIsUnknown, TokenKeyIsMissing
from hub.settings import Settings


def create(
    settings: Settings,
    name: str,
    scopes: Sequence[str],
    stores: Sequence[str],
    life: timedelta,
    command: str | None = None,
) -> str:
    """Return a signed token; all scopes and stores where none are named, for the `command` of one id if it is.

    Raises TokenKeyIsMissing, ScopeIsUnknown.
    """
    if settings.token_key is None:
        raise TokenKeyIsMissing
    unknown = sorted(set(scopes) - set(tokens.SCOPES))
    if unknown:
        raise ScopeIsUnknown(unknown, tokens.SCOPES)
    key, audience = settings.token_key.get_secret_value(), settings.token_audience
    return tokens.create(key, name, scopes or tokens.SCOPES, stores or ["*"], life, audience=audience, command=command)


def new_pair() -> tuple[str, str]:
    """Return a fresh private key and its public half."""
    return keys.new_pair()
