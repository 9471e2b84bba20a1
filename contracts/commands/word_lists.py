"""Word lists: the words that administrators let people choose from."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.commands.command import Command
from contracts.message import Code, Part
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
