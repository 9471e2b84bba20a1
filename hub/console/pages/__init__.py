"""The pages: each asks the API, and gives what it answers to a template."""

from hub.console.pages import acting, lists, me, new_return, order, orders, refund, refunds, returns_desk, sign_in

PAGES = (sign_in, orders, new_return, refund, acting, order, returns_desk, refunds, lists, me)
"""The modules of pages; where two paths would do, the first one counts."""
