"""The story: one order, brought to a state step by step by what partners say and people command."""

from tests.domain.story.happenings import HAPPENINGS
from tests.domain.story.orders import ORDERS
from tests.domain.story.pages import PAGES, said, written
from tests.domain.story.refunds import REFUNDS, refund_id
from tests.domain.story.returns import EXCHANGES, RETURNS, exchange_order, held_exchange
from tests.domain.story.rows import LINES, ROWS
from tests.domain.story.shapes import SCRIPTS, every_shape
from tests.domain.story.situations import HOLDS, SITUATIONS
from tests.domain.story.specified import NEVER, NOT_APPLICABLE, OPEN, SPECIFIED, Cell, cells, happens
from tests.domain.story.states import WAYS, brought_to, by_cheque
from tests.domain.story.story import CHEQUE, Story

__all__ = [
    "CHEQUE",
    "EXCHANGES",
    "HAPPENINGS",
    "HOLDS",
    "LINES",
    "NEVER",
    "NOT_APPLICABLE",
    "OPEN",
    "ORDERS",
    "PAGES",
    "REFUNDS",
    "RETURNS",
    "ROWS",
    "SCRIPTS",
    "SITUATIONS",
    "SPECIFIED",
    "WAYS",
    "Cell",
    "Story",
    "brought_to",
    "by_cheque",
    "cells",
    "every_shape",
    "exchange_order",
    "happens",
    "held_exchange",
    "refund_id",
    "said",
    "written",
]
