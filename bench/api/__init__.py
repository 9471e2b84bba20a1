"""What the HTTP API takes: acts beside facts, search and lists, the projector, streams."""
