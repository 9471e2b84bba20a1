"""An order's money: payments, cheques, refunds and what is left to pay."""
