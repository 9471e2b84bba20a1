"""Sentences: what happened, will happen or is awaited, and what to do, in plain words of the reader's language."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from domain.orders.commands import BY_NAME
from hub.console import names
from hub.console.happenings import EVENTS, FOLDED, OWN, REQUESTS
from hub.console.languages import said
from hub.console.records import COMMANDS, RECORDS, Sentence
from hub.console.words import look

_VERSION: Final = re.compile(r"\.v\d+$")
_COMMAND: Final = re.compile(r"\b[a-z]+(?:\.[a-z_]+)+\b")
_LATE: Final = "_late"
_REFUSED: Final = "refused"
_PARKED_AS: Final = "(parked as "
_AFTER: Final = {
    "parked": "{sentence}. It came too early and waits",
    "late": "{sentence}. It came too late to change anything",
    "refused": "{sentence}. The hub refused it",
    _PARKED_AS: "{sentence}. It had come too early and waited",
}
"""What an outcome adds to a sentence."""
OF_SENTENCES: Final = (
    *_AFTER.values(),
    "{who} wanted to {act}; the hub refused",
    "A time limit was reached: {deadline}",
    "Overdue: {what}",
    "Ask {party}.",
    "rule {rules}",
    "led to: {events}",
    "“{label}”",
)
"""Texts that are put together here."""


def bare(type_: str) -> str:
    """Return the name of a message without its version."""
    return _VERSION.sub("", type_)


def plain(name: str) -> str:
    """Return a name that has no words yet as words."""
    return name.replace(".", ": ", 1).replace("_", " ")


def told(entry: Mapping[str, Any]) -> str:
    """Return what happened, as a sentence without its full stop."""
    name, outcome = bare(str(entry["what"])), str(entry.get("outcome", "applied"))
    who = str(entry.get("who") or "–")
    if outcome == _REFUSED and name in BY_NAME:
        return said("{who} wanted to {act}; the hub refused", who=who, act=said(BY_NAME[name].label))
    sentence = _deadline(entry) or said(_wording(name, entry), who=who)
    after = _AFTER.get(_PARKED_AS if _PARKED_AS in outcome else outcome)
    return sentence if after is None else said(after, sentence=sentence)


def _wording(name: str, entry: Mapping[str, Any]) -> str:
    row = RECORDS.get(name, Sentence(plain(name).replace("{", "(").replace("}", ")")))
    caused = {bare(each) for each in entry.get("told") or ()}
    found = (more for when, more in row.more.items() if when in caused or when in (entry.get("rules") or ()))
    return next(found, row.usual)


def _deadline(entry: Mapping[str, Any]) -> str | None:
    """Return which time limit was reached, where the record can be seen."""
    fact = (entry.get("said") or {}).get("fact") or {}
    what = names.DEADLINES.get(str(fact.get("kind"))) if bare(str(entry["what"])) == "timer.due" else None
    return None if what is None else said("A time limit was reached: {deadline}", deadline=said(what))


def acted(entry: Mapping[str, Any]) -> bool:
    """Tell whether the sentence of an entry names who it was."""
    return bare(str(entry["what"])) in COMMANDS


def in_short(type_: str) -> str:
    """Return in a few words what was told or asked."""
    name = bare(type_)
    row = EVENTS.get(name) or REQUESTS.get(name) or OWN.get(name)
    return plain(name) if row is None else said(row.short)


def led_to(types: Iterable[str]) -> Sequence[str]:
    """Return in a few words what a record led to, each once, without what nearly every record leads to."""
    return list(dict.fromkeys(in_short(each) for each in types if bare(each) not in FOLDED))


def because(entry: Mapping[str, Any]) -> Sequence[str]:
    """Return by which rules something happened, and in a few words what it led to."""
    rules, following = ", ".join(entry["rules"]), ", ".join(led_to(entry["told"]))
    told_ = (("rule {rules}", "rules", rules), ("led to: {events}", "events", following))
    return [said(text, **{name: held}) for text, name, held in told_ if held]


def ahead(type_: str, *, asked: bool = False) -> str:
    """Return what will happen, as a sentence; `asked` if it is asked of a partner."""
    name = bare(type_)
    tables = (REQUESTS, EVENTS, OWN) if asked else (EVENTS, REQUESTS, OWN)
    row = next((table[name] for table in tables if name in table), None)
    return plain(name) if row is None else said(row.ahead)


def happens(would: Mapping[str, Any]) -> Sequence[str]:
    """Return what an act would lead to, as sentences."""
    events = [ahead(each) for each in would["caused"] if bare(each) not in FOLDED]
    return list(dict.fromkeys([*events, *(ahead(each, asked=True) for each in would["asked"])]))


def party(name: str) -> str:
    """Return what somebody is called who is waited for."""
    return said(names.PARTIES.get(name, name))


def awaited(message: str, of: str = "", order: Mapping[str, Any] | None = None) -> str:
    """Return what somebody has to say or do; the party `of` stands before it."""
    name = bare(message)
    if name == "timer.due" and of == "hub" and order is not None:
        return said(names.TIMERS[_timer(order)])
    return said(names.AWAITED.get(name, plain(name)))


def _timer(order: Mapping[str, Any]) -> str:
    """Return which of the hub's own time limits an order waits for, as far as its states show that."""
    if any(each["state"] == "approved" for each in order.get("refunds") or ()):
        return "refund"
    payment = order.get("payment") or {}
    money = payment if isinstance(payment, str) else payment.get("view")
    ending = order.get("state") in ("sent", "delivered") and money != "authorised"
    return "closing" if ending else "money"


def look_reason(each: Mapping[str, Any]) -> str:
    """Return why somebody should look, in a few words; what is overdue as a sentence."""
    kind, what = str(each["kind"]), str(each["what"])
    if kind == "overdue":
        owed = f"{party(str(each['by']))} {awaited(what)}"
        return said("Overdue: {what}", what=owed)
    return named("alert", what) if kind == "alert" else _held_or_open(kind, what)


def _held_or_open(kind: str, what: str) -> str:
    if kind == "hold":
        return said(look("hold", what).word)
    head, _, rest = what.partition(" ")
    if head in names.OPEN:
        return " ".join(filter(None, (said(names.OPEN[head]), rest)))
    return named("alert", what)


def named(kind: str, name: object) -> str:
    """Return what something is called, by the table of its kind; of what has no words yet its own name."""
    text = str(name)
    if kind == "search" and "+" in text:
        return " + ".join(named(kind, each) for each in text.split("+"))
    found = names.KINDS[kind].get(text)
    if found is None and kind == "alert" and text.endswith(_LATE):
        deadline = names.DEADLINES.get(text.removesuffix(_LATE))
        return said("Overdue: {what}", what=said(deadline)) if deadline else plain(text)
    if found is None:
        return text if kind == "reason" else plain(text)  # what somebody wrote stays as it is
    return said(found)


def advice(do: str) -> str:
    """Return what to do; commands by what their buttons are called."""
    asked = do.removeprefix("ask the ")
    if asked != do and asked in names.PARTIES:
        return said("Ask {party}.", party=party(asked))
    return buttons(said(do))


def buttons(text: str) -> str:
    """Return a text with commands by what their buttons are called."""
    return _COMMAND.sub(lambda found: _button(found[0]), text)


def _button(command: str) -> str:
    row = BY_NAME.get(command)
    return command if row is None else said("“{label}”", label=begun(said(row.label)))


def act_label(command: str) -> str:
    """Return what a command's button is called."""
    row = BY_NAME.get(command)
    return begun(plain(command) if row is None else said(row.label))


def begun(text: str) -> str:
    """Return a text as the beginning of a sentence: its first letter is a capital."""
    return text[:1].upper() + text[1:]
