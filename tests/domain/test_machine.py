"""A machine over whole orders: everything that can be said, in any order, repeated, late and early, against a model."""

import os

import pytest
from hypothesis import settings

from tests.domain.world import Orders

LONG = os.environ.get("MACHINE") == "long"
Orders.TestCase.settings = settings(
    max_examples=5000 if LONG else 150,
    stateful_step_count=60 if LONG else 40,
    deadline=None,
    derandomize=not LONG,
)
TestOrders = pytest.mark.timeout(0 if LONG else 300)(Orders.TestCase)
