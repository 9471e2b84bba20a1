"""The pages: each asks the API, and gives what it answers to a template."""

from hub.console.pages import (
    acting,
    lists,
    me,
    operating,
    ops,
    ops_gateway,
    ops_shards,
    ops_topics,
    ops_what_if,
    order,
    orders,
    sign_in,
)

PAGES = (sign_in, orders, acting, order, lists, me, ops, ops_shards, ops_topics, ops_gateway, ops_what_if, operating)
"""The modules of pages; where two paths would do, the first one counts."""
