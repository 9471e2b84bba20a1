"""Spelling: text as it is compared when people look for it; case, accents and what stands between don't count."""

import re
import unicodedata
from typing import Final

_APART: Final = re.compile(r"[^\w]+|_+")
_BETWEEN: Final = re.compile(r"[\s._/\\-]+")
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "\x00": ""})
"""What has no accent that could be taken off, and yet is typed without."""
LONGEST: Final = 200
"""Characters that are compared: an index takes no more than some 2,700 bytes of a value."""


def folded(text: str) -> str:
    """Return a text without case, accents and spaces at its ends."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(each for each in plain if not unicodedata.combining(each)).strip()[:LONGEST]


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, each once, in their order."""
    return tuple(dict.fromkeys(each for each in _APART.split(folded(text)) if each))


def compact(text: str) -> str:
    """Return a number of any kind: spaces, dashes and dots between its characters don't count."""
    return _BETWEEN.sub("", folded(text)) or folded(text)


def reverse(text: str) -> str:
    """Return a text from its end, so that what it ends with is what it begins with."""
    return text[::-1]
