"""Tokens are for one hub, and may be for one command: a copy found elsewhere opens nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from adapters import tokens

KEY = "a-key-for-tests-only-" * 3
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("made_for", "read_by", "counts"), [("hub", "hub", True), ("hub-test", "hub", False)])
def test_a_token_of_another_hub_with_the_same_key_is_none(made_for: str, read_by: str, counts: bool) -> None:
    token = tokens.create(KEY, "ann", ["orders.manage"], ["*"], HOUR, NOON, audience=made_for).encode()

    assert (tokens.verifier(KEY, read_by)(token, NOON) is not None) == counts


def test_a_token_that_names_no_hub_is_none() -> None:
    claims = {"iss": "hub", "sub": "ann", "scope": "orders.manage", "stores": ["*"], "exp": int(NOON.timestamp()) + 60}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(KEY)).encode()

    assert tokens.verifier(KEY)(token, NOON) is None


def test_a_token_says_for_which_command_it_is() -> None:
    bound = tokens.create(KEY, "ann", ["orders.manage"], ["*"], HOUR, NOON, command="c-1").encode()
    free = tokens.create(KEY, "ann", ["orders.manage"], ["*"], HOUR, NOON).encode()

    assert [actor and actor.command for actor in (tokens.verifier(KEY)(each, NOON) for each in (bound, free))] == [
        "c-1",
        None,
    ]
