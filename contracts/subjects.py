"""What a record is about: the kind and the id of an aggregate, and the one text that names both.

An order is named by its bare id, anything else by `<kind>:<id>`. The class of a message says of which kind it is, so a
partner's subject or key is always the bare id; the text stands wherever all kinds are stored together.
"""

from typing import Final

ORDER: Final = "order"
WORD_LIST: Final = "wordlist"
KINDS: Final = (ORDER, WORD_LIST)
"""The kinds that the hub decides on."""
RESERVED: Final = frozenset(
    {"communication", "customer", "mailing", "policy", "promotion", "subscription", "template", WORD_LIST}
)
"""The kinds beside orders, those to come included: no order's id may begin with one of them and a colon."""
LONGEST_ORDER_ID: Final = 200
"""Bytes of an order's id."""
LONGEST_ID: Final = 180
"""Bytes of any other id: with its kind before it, it fits wherever an order's id does."""


def subject_of(kind: str, bare: str) -> str:
    """Return the text that names an aggregate."""
    return bare if kind == ORDER else f"{kind}:{bare}"


def split(subject: str) -> tuple[str, str]:
    """Return the kind and the bare id of what a text names."""
    kind, colon, bare = subject.partition(":")
    return (kind, bare) if colon and kind in RESERVED else (ORDER, subject)


def kind_of(subject: str) -> str:
    """Return the kind of what a text names."""
    return split(subject)[0] if ":" in subject else ORDER


def id_of(subject: str) -> str:
    """Return the bare id of what a text names."""
    return split(subject)[1] if ":" in subject else subject


def called(subject: str) -> str:
    """Return what people read: `order 4711`, `wordlist themes`."""
    return " ".join(split(subject))


def is_reserved(order_id: str) -> bool:
    """Tell whether an order's id would be taken for something else."""
    return kind_of(order_id) != ORDER
