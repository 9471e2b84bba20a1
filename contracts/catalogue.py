"""catalogue.events and catalogue.status: what administrators have set up, for everybody who shows or uses it.

Both topics hold several kinds and are keyed by `<kind>:<id>`; neither holds personal data.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands.word_lists import Entry
from contracts.declaring import Flat
from contracts.message import Cause, Code, Event, Id, Message, Moment, Part, Text
from contracts.personal import NotPersonal


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
