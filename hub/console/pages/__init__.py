"""The pages: each asks the API, and gives what it answers to a template."""

from hub.console.pages import (
    acting,
    audit,
    contracts,
    failed,
    failed_acts,
    lists,
    me,
    order,
    orders,
    partner_acts,
    partners,
    sign_in,
    webhook_acts,
    webhooks,
)

OPERATING = (failed, failed_acts, audit, partners, partner_acts, webhooks, webhook_acts, contracts)
PAGES = (sign_in, orders, acting, order, lists, *OPERATING, me)
"""The modules of pages; where two paths would do, the first one counts."""
