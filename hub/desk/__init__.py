"""The desk: what people read of a hub and do to it, whatever face shows it: open resources in, frozen values out."""

from hub.desk.resources import Desk, open_desk

__all__ = ["Desk", "open_desk"]
