"""The house: what all pages share, made once: the API that they ask, the acts, the templates, the files."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as TemplateContext
from starlette.types import ASGIApp

from hub.console import form_words, languages, navigation, refusals, sentences, words
from hub.console.acts import Act
from hub.console.indenting import indented
from hub.console.languages import Language, said, speaking
from hub.console.statics import Statics
from hub.console_settings import ConsoleSettings
from hub.desk.callers import Doorkeeper
from hub.desk.live import Tail
from hub.desk.names import spelling
from hub.desk.resources import Desk
from hub.desk.sessions import Session, Wishes

HERE: Final = Path(__file__).parent


class Live(Protocol):
    """What streams work with."""

    tail: Tail


class Opened(Protocol):
    """What the API has open while it runs, as far as the console needs it."""

    @property
    def desk(self) -> Desk:
        """Return the open desk."""

    @property
    def door(self) -> Doorkeeper:
        """Return who tells who is behind a token."""

    @property
    def live(self) -> Live:
        """Return what streams work with."""


@dataclass(frozen=True, slots=True)
class House:
    """What all pages share."""

    api: ASGIApp
    acts: Mapping[str, Sequence[Act]]
    settings: ConsoleSettings
    watching: Counter[str] = field(default_factory=Counter)
    """How many streams each person has open."""

    def opened(self, request: Request) -> Opened:
        """Return what the API has open."""
        found: Opened = request.app.state.api.context
        return found

    def language(self, request: Request, session: Session | None) -> Language:
        """Return the language and zone of a page."""
        wishes = Wishes() if session is None else session.wishes
        name = languages.chosen(wishes.language, request.headers.get("accept-language", ""))
        return Language(name, ZoneInfo(wishes.zone or self.settings.zone))

    def rendered(self, request: Request, session: Session | None, template: str, **told: Any) -> str:
        """Return a page."""
        language = self.language(request, session)
        token = speaking.set(language)
        try:
            return (
                environment()
                .get_template(template)
                .render(
                    session=session,
                    caller=None if session is None else session.caller,
                    wishes=Wishes() if session is None else session.wishes,
                    language=language.name,
                    path=request.url.path,
                    places=[] if session is None else navigation.places(session.caller.scopes),
                    **told,
                )
            )
        finally:
            speaking.reset(token)


_SENTENCES: Final = (
    *(sentences.told, sentences.acted, sentences.because, sentences.in_short, sentences.happens, sentences.party),
    *(sentences.awaited, sentences.look_reason, sentences.named, sentences.advice, sentences.act_label),
    refusals.answered,
)
"""What templates call by its name."""


@cache
def statics() -> Statics:
    """Return the files that pages are made with, read once."""
    return Statics.read(HERE / "static")


@cache
def environment() -> Environment:
    """Return the templates; none of them changes while the process runs."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "_": said,
        "plural": lambda one, many, count, **filled: speaking.get().plural(one, many, count, **filled),
        "look": words.look,
        **{each.__name__: each for each in _SENTENCES},
        "field_label": lambda member, command="": said(form_words.label_of(member, command)),
        "field_choice": lambda member, choice: said(form_words.choice_of(member, choice)),
        "static": statics().url,
        "here": _here,
    }
    for name in ("money", "moment", "exactly", "away", "number", "span"):
        made.filters[name] = partial(_spoken, name)
    made.filters["indented"] = indented
    made.filters["cap"] = sentences.begun
    made.filters["spelling"] = spelling
    made.filters["pretty"] = lambda held: json.dumps(held, indent=2, ensure_ascii=False)
    return made


def _spoken(name: str, held: Any, *more: Any) -> str:
    speak: Callable[..., str] = getattr(speaking.get(), name)
    return speak(held, *more)


@pass_context
def _here(context: TemplateContext, path: str) -> bool:
    """Tell whether the page is at a place or below it, and at no other place that is nearer."""
    return navigation.nearest(context["places"], str(context["path"])) == path
