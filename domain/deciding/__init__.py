"""How anything is decided: what comes in, what comes out, tables of transitions, deadlines, and values."""
