"""What tests on a running hub may ask for besides: a bug in its rules."""

from dataclasses import replace
from typing import Any

import pytest

from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from hub import wiring


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Orders, types of facts or event ids for which deciding raises; it stops when the set is cleared."""
    names: set[str] = set()

    def failing(order: Any, received: Any, known: Any) -> Any:
        if order.id in names or received.cause.type in names or received.cause.id in names:
            raise ZeroDivisionError("a bug in a rule")
        return ORDER.decide(order, received, known)

    monkeypatch.setattr(wiring, "KINDS", Kinds(replace(ORDER, decide=failing), WORD_LIST))
    return names
