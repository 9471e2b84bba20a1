"""What customer service does with an order: drafts, edits, locks and notes; not the desk of `hub/desk`."""
