"""The hub as real processes: killed, frozen, misled; then verified."""
