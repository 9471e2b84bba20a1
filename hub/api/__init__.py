"""The HTTP API: a face of the desk for tools, partners and people; what it says is in docs/api.md."""
