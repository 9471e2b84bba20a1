"""The pages: each asks the API, and gives what it answers to a template."""

from hub.console.pages import acting, lists, me, order, orders, sign_in

PAGES = (sign_in, orders, acting, order, lists, me)
"""The modules of pages; where two paths would do, the first one counts."""
