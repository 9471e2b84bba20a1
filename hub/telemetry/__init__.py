"""Telemetry: what a process tells of itself and of the hub to whoever watches over it."""
