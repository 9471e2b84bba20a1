"""The pages: each asks the API, and gives what it answers to a template."""

from hub.console.pages import acting, draft, edit, lists, me, new_order, order, orders, sign_in

PAGES = (sign_in, orders, new_order, edit, draft, acting, order, lists, me)
"""The modules of pages; where two paths would do, the first one counts."""
