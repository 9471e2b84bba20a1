"""A command that nobody gave a route has one all the same."""

import pytest

from contracts import commands as c
from hub.api import acts


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (c.HoldOrder, "/orders/{order}/hold"),
        (c.FollowUpOrder, "/orders/{order}/follow-up"),
        (c.RetryPayment, "/orders/{order}/payment/retry"),
        (c.ClearRetries, "/orders/{order}/payment/clear-retries"),
    ],
)
def test_a_command_without_a_row_has_a_route_by_its_name(command: type[c.Command], path: str) -> None:
    rest = [row for row in acts.TABLE if row.command is not command]

    (row,) = acts.derived(rest)

    assert (row.method, row.path, row.command, row.edits) == ("POST", path, command, True)


def test_every_command_to_an_order_has_a_route_of_its_own() -> None:
    assert list(acts.derived(acts.TABLE)) == []
    assert len({(row.method, row.path) for row in acts.TABLE}) == len(acts.TABLE)
