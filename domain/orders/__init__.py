"""Orders: what can be told of one, what may be asked, and the rules that look at it."""
