"""The pages: each asks the API, and gives what it answers to a template."""

from hub.console.pages import (
    acting,
    flash,
    fraud,
    lists,
    me,
    new_return,
    order,
    orders,
    refund,
    refunds,
    returns_desk,
    sign_in,
)

PAGES = (sign_in, orders, new_return, refund, flash, acting, order, returns_desk, refunds, fraud, lists, me)
"""The modules of pages; where two paths would do, the first one counts."""
