"""Durable calls over HTTP, made at least once: what the payment gateway and the webhooks have in common."""
