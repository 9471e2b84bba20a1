"""What a batch must know before it decides, asked by one statement: each trip to a server costs as much as a decision.

Every key is looked up by itself, `LATERAL … LIMIT 1`: a plan that was made while the tables were small joins no table
as a whole when they are large.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from adapters.postgres import documents, journal, quarantine, references, set_aside, statements
from adapters.rows.loading import LookedUp, Lookup

INPUTS: Final = (
    references.WANTED,
    documents.WANTED,
    documents.WANTED_OTHERS,
    journal.WANTED,
    set_aside.WANTED,
    references.WANTED_CLAIMS,
)
_SELECTS: Final = (
    documents.FOUND,
    documents.FOUND_OTHERS,
    journal.FOUND,
    set_aside.ANSWERED,
    references.FOUND,
    references.FOUND_PAST,
    references.FOUND_CLAIMS,
    set_aside.REFERRING,
    quarantine.FOUND,
    set_aside.HELD,
)
QUESTION: Final = statements.numbered(
    f"WITH {references.REFERRED}, {journal.RECEIVED}\n{' UNION ALL '.join(each.strip() for each in _SELECTS)}",
    INPUTS,
    first=3,
)
"""$1 the shard, $2 whether to tell what is kept back, then the inputs. Each row says first what it is."""
_READERS: Final[dict[str, Callable[[LookedUp, Iterable[Any]], None]]] = {
    "document": documents.read,
    "seen": journal.read,
    "answer": set_aside.read_answers,
    "reference": references.read,
    "past": references.read_past,
    "claim": references.read_claims,
    "waiting": set_aside.read_referring,
    "quarantined": quarantine.read,
    "held": set_aside.read_held,
    "doubted": set_aside.read_doubted,
}


def arguments(shard: int, wanted: Lookup) -> list[Any]:
    """Return what the question asks for."""
    return [shard, wanted.kept_back, *statements.arguments(INPUTS, wanted)]


def loaded(rows: Iterable[Any]) -> LookedUp:
    """Return what the rows of the answer say."""
    found = LookedUp()
    for what, group in groupby(rows, key=itemgetter(0)):
        _READERS[what](found, group)
    return found
