"""The command line, a face of the desk: one module per noun parses, calls and shows; no SQL and no rule is here."""

from hub.cli.application import application, main

__all__ = ["application", "main"]
