"""The pages: each asks the API, and gives what it answers to a template."""

from hub.console.pages import (
    acting,
    audit,
    contracts,
    draft,
    edit,
    failed,
    failed_acts,
    flash,
    fraud,
    lists,
    me,
    new_order,
    new_return,
    operating,
    ops,
    ops_gateway,
    ops_shards,
    ops_topics,
    ops_what_if,
    order,
    orders,
    partner_acts,
    partners,
    refund,
    refunds,
    returns_desk,
    sign_in,
    sign_in_provider,
    style,
    team,
    webhook_acts,
    webhooks,
)

TAKING = (orders, new_order, edit, draft, new_return, refund, flash)
SERVING = (*TAKING, acting, order, returns_desk, refunds, fraud, lists, team)
OPERATING = (ops, ops_shards, ops_topics, ops_gateway, ops_what_if, operating, failed, failed_acts, audit)
CONNECTING = (partners, partner_acts, webhooks, webhook_acts, contracts)
PAGES = (sign_in, sign_in_provider, *SERVING, *OPERATING, *CONNECTING, me, style)
"""The modules of pages; where two paths would do, the first one counts."""
