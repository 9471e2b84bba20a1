"""What the hub itself tells is plainly right: no message needs a look of pydantic before it leaves."""

from typing import Final

import pytest

from contracts import judging
from contracts.signing import Signatures
from domain.deciding.decision import Known
from domain.orders import facts
from domain.orders.aggregate import ORDER
from domain.orders.view.visible import decide as receive
from producers.messages import Messages, status
from tests.domain.story import every_shape
from tests.domain.world import BOSS, received, samples

WRITER: Final = Messages(1, signatures=Signatures.of([b"a-key-for-tests-only"]))


def test_what_orders_tell_needs_no_look_of_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(kind: type, data: bytes) -> None:
        raise AssertionError(f"pydantic had to look at {kind.__name__}: {data!r}")

    decided = [
        decision
        for order in every_shape().values()
        for fact in samples(order)
        for decision in receive(
            order, received(fact, "w", actor=BOSS if isinstance(fact, facts.Command) else None), Known()
        )
    ]
    monkeypatch.setattr(judging, "judged", look)

    told = [message for decision in decided for message in WRITER.encode(ORDER, "o-1", "1", decision)]
    told += [status(ORDER, decision.after, 1) for decision in decided if decision.after.state is not None]

    assert len(told) > 1000
