"""Situations: an order, or a part of it, in every state of each table; and every hold that stops one."""

from dataclasses import replace
from functools import partial

from contracts import commands as desk
from tests.domain.story.flashes import FLASHES
from tests.domain.story.orders import ORDERS, REASON, SHIPMENTS, Make, then
from tests.domain.story.refunds import REFUNDS
from tests.domain.story.returns import EXCHANGES, RETURNS, held_exchange
from tests.domain.story.states import WAYS
from tests.domain.story.story import Story
from tests.domain.world import BY_HAND, Hub


def _by_logistics() -> Story:
    """An order so large that logistics has to push it on."""
    story = Story(Hub(replace(BY_HAND, logistics_pieces=1)))
    WAYS["payment_pending"](story)
    story.score()
    story.pay()
    return story


ASKED = "availability_requested"
HOLDS: dict[str, Make] = {
    "none": ORDERS[ASKED],
    "csr": partial(then, ASKED, desk.HoldOrder(reason=REASON)),
    "suspended": partial(then, ASKED, desk.SuspendOrder(reason=REASON)),
    "logistics": _by_logistics,
    "exchange": held_exchange,
    "recall": ORDERS["confirmed, recalled to cancel"],
    "alert": partial(then, ASKED, desk.FlagAlert("look")),
    "csr and suspended": partial(then, ASKED, desk.HoldOrder(reason=REASON), desk.SuspendOrder(reason=REASON)),
    "csr and alert": partial(then, ASKED, desk.HoldOrder(reason=REASON), desk.FlagAlert("look")),
}
SITUATIONS: dict[str, dict[str, Make]] = {
    "order": ORDERS,
    "shipment": SHIPMENTS,
    "return": RETURNS,
    "refund": REFUNDS,
    "exchange": EXCHANGES,
    "flash": FLASHES,
    "hold": HOLDS,
}
"""Every table's situations by name; a name begins with the state."""
