"""Word lists as an aggregate: all that the engine knows of them."""

from collections.abc import Mapping
from typing import Any, Final

from contracts.catalogue import WordListStatus
from contracts.internal import TimerDue
from contracts.subjects import WORD_LIST as KIND
from domain.catalogue import answers, put
from domain.catalogue.word_list import WordList
from domain.deciding import codec
from domain.deciding.aggregate import Aggregate, Columns
from domain.deciding.values import changed

RULES: Final = 1
"""Raised whenever the same history would end in another list."""
SCHEMA: Final = 1


def _read(document: Mapping[str, Any]) -> WordList:
    return codec.value_from(WordList, document)


def _write(listed: WordList) -> str:
    return codec.text_of(SCHEMA, changed(listed, extra={}) if listed.extra else listed, (), listed.extra)


def _columns(listed: WordList) -> Columns:
    return Columns(listed.version, listed.state, "", "", attention=False)


def _status(listed: WordList) -> WordListStatus:
    assert listed.as_of is not None
    return WordListStatus(
        list_id=listed.id,
        version=listed.version,
        entries=listed.entries,
        retired=listed.retired,
        changed_at=listed.as_of,
    )


WORD_LIST: Final[Aggregate[WordList]] = Aggregate(
    name=KIND,
    source="/hub/wordlists",
    rules=RULES,
    facts=frozenset({*put.COMMANDS, TimerDue}),
    commands=put.COMMANDS,
    empty=WordList,
    read=_read,
    write=_write,
    decide=put.decide,
    objection=answers.no_right,
    answer=answers.answer,
    columns=_columns,
    parked=lambda listed: 0,
    parts=lambda listed: len(listed.entries) + len(listed.retired),
    head=answers.head,
    status=_status,
)
