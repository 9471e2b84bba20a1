"""Webhooks out, by the rules of Standard Webhooks: where they may go, how they are signed, sent and tried again."""
