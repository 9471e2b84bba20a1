"""Putting a word list: the list as a whole, in one save (D-05)."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.catalogue import Entry, PutWordList, WordListChanged
from contracts.commands import Command
from domain import rights
from domain.catalogue.answers import accepted, answer, stale
from domain.catalogue.word_list import LISTS, MOST_BYTES, State, WordList
from domain.deciding.decision import Decision, Known, Late, Refusal, Why, unchanged
from domain.deciding.received import Received
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.values import changed

RULE: Final = "D-05"
COMMANDS: Final[Mapping[type[Command], str]] = MappingProxyType({PutWordList: rights.CONFIGURE})
"""Every command about a list, with the scope that it needs."""


def decide(listed: WordList, received: Received, known: Known) -> tuple[Decision[WordList], ...]:
    """Return what a fact does to a list; putting the same words again changes nothing."""
    said = received.fact
    if not isinstance(said, PutWordList):
        return (unchanged(received, listed, Late(Why.NOT_ASKED, "a list is only put as a whole")),)
    refusal = _objection(listed, received, said) or _fault(listed, said)
    if refusal is not None:
        return (answer(listed, received, refusal),)
    pad: Scratchpad[WordList] = Scratchpad(received, listed.as_of)
    after = _put(pad, listed, said)
    pad.emit(accepted(received))
    return (pad.applied(after),)


def _put(pad: Scratchpad[WordList], listed: WordList, said: PutWordList) -> WordList:
    entries, retired = said.entries, _retired(listed, said)
    if listed.state is not None and (entries, retired) == (listed.entries, listed.retired):
        return listed
    pad.rules.append(RULE)
    pad.emit(WordListChanged(entries=entries, retired=retired))
    version = listed.version + 1
    return changed(listed, version=version, state=State.KEPT, entries=entries, retired=retired, as_of=pad.now)


def _retired(listed: WordList, said: PutWordList) -> tuple[Entry, ...]:
    """Return the words that can't be chosen any more: those that could be last come last."""
    chosen = {entry.code for entry in said.entries}
    return tuple(entry for entry in (*listed.retired, *listed.entries) if entry.code not in chosen)


def _objection(listed: WordList, received: Received, said: PutWordList) -> Refusal | None:
    """Return why a command is refused before its words are looked at: no such list, no right, another version."""
    if listed.id not in LISTS:
        return Refusal("unknown_wordlist", f"there is no list {listed.id}", f"the lists are {', '.join(LISTS)}")
    return rights.no_right(COMMANDS[PutWordList], None, "", received.actor) or stale(listed, said)


def _fault(listed: WordList, said: PutWordList) -> Refusal | None:
    """Return what is wrong with the words themselves."""
    counted = Counter(entry.code for entry in said.entries)
    twice = next((code for code, count in counted.items() if count > 1), None)
    if twice is not None:
        return Refusal("entry_repeated", f"{twice} is there {counted[twice]} times", "give each word a code of its own")
    parents = {entry.code: entry.parent for entry in said.entries if entry.parent is not None}
    lost = next((code for code, parent in parents.items() if parent not in counted), None)
    if lost is not None:
        detail = f"{lost} stands under {parents[lost]}, which is not in the list"
        return Refusal("unknown_parent", detail, "add the parent, or leave it out")
    looped = next((code for code in parents if _loops(code, parents)), None)
    if looped is not None:
        return Refusal("parent_loop", f"{looped} stands under itself", "let some word above it have no parent")
    size = sum(len(entry.written()) for entry in (*said.entries, *_retired(listed, said)))
    if size > MOST_BYTES:
        detail = f"the list would have {size} bytes, with the words that were taken out; {MOST_BYTES} is the most"
        return Refusal("too_large", detail, "use fewer or shorter words")
    return None


def _loops(code: str, parents: dict[str, str]) -> bool:
    above, seen = parents.get(code), {code}
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return above is not None
