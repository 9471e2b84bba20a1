"""Words: enumerations that are looked up in tables for every fact."""

from enum import StrEnum


class Word(StrEnum):
    """A `StrEnum` that hashes as the string it is: Enum's own hash, written in Python, takes four times as long."""

    __hash__ = str.__hash__
