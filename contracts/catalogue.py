"""The catalogue: what administrators set up by commands, and what catalogue.events and catalogue.status tell of it.

Both topics hold several kinds and are keyed by `<kind>:<id>`; neither holds personal data.
"""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.commands.command import Command
from contracts.declaring import Flat
from contracts.message import Cause, Code, Event, Id, Message, Moment, Part, Text
from contracts.personal import NotPersonal
from contracts.subjects import WORD_LIST

Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=35), NotPersonal]
"""A BCP 47 language tag, e.g. `fr` or `fr-CA`."""


class Label(Part):
    """What people read for a word, in one language."""

    locale: Locale
    text: Code


class Entry(Part):
    """A word that can be chosen; `parent` is another word of the same list that it stands under."""

    code: Code
    labels: Annotated[tuple[Label, ...], Field(max_length=50)] = ()
    parent: Code | None = None


class PutWordList(Command):
    """Say which words a list has from now on, in this order (D-05).

    A word that is no longer among them stays readable where it was chosen before.
    """

    name: ClassVar[str] = "wordlist.put"
    aggregate: ClassVar[str] = WORD_LIST

    entries: Annotated[tuple[Entry, ...], Field(max_length=500)]


class CatalogueHead(Part, kw_only=True):
    """What every event of the catalogue carries; `version` counts the changes that a person can see."""

    version: Annotated[int, Field(ge=0)]
    cause: Cause
    actor: Code | None = None
    rules: tuple[Code, ...] = ()


class CatalogueEvent(Event, kw_only=True):
    """Something that happened to a part of the catalogue."""

    head: Annotated[CatalogueHead | None, Flat] = None


class WordListChanged(CatalogueEvent):
    """A list has these words from now on (D-05); `retired` ones stay readable and can't be chosen."""

    name: ClassVar[str] = "wordlist.changed"

    entries: tuple[Entry, ...]
    retired: tuple[Entry, ...] = ()


class CatalogueCommandAccepted(CatalogueEvent):
    """A command was carried out."""

    name: ClassVar[str] = "command.accepted"

    command_id: Code
    client: Code


class CatalogueCommandRejected(CatalogueEvent):
    """A command was refused: why, and what its author may do instead."""

    name: ClassVar[str] = "command.rejected"

    command_id: Code
    client: Code
    code: Code
    detail: Annotated[Text, NotPersonal]
    hint: Annotated[Text, NotPersonal] | None = None


class WordListStatus(Message, kw_only=True):
    """A list as it stands."""

    name: ClassVar[str] = "wordlist.status"

    list_id: Id
    version: Annotated[int, Field(ge=0)]
    entries: tuple[Entry, ...]
    retired: tuple[Entry, ...] = ()
    changed_at: Moment
