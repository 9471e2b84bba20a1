"""The command line, a face of the desk: one module per noun parses, calls and shows; no SQL and no rule is here."""

from hub.cli.application import app, main

__all__ = ["app", "main"]
