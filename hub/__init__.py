"""The hub as a program: settings, wiring, command line."""
