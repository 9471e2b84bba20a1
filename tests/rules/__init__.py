"""The rules page: every rule in a line, the tests that cover it, and the tables it lives in."""
