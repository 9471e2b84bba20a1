"""Languages: the texts of the pages in each, and how money, numbers and times are written there."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from babel.dates import format_datetime, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_precision

LANGUAGES: Final = ("en", "fr")
NOTE: Final = "¦"
"""Behind it a text says which of two meanings it has; it is never shown."""
REFUSAL: Final = "refusal"
"""In this context stand the sentences of refusals, which the API says: templates of what is told, not texts of ours."""
FOLDER: Final = Path(__file__).parent / "locale"


def path_of(language: str) -> Path:
    """Return where the translations into a language stand."""
    return FOLDER / f"{language}.po"


def read(language: str, context: str | None = None) -> dict[str, str]:
    """Return the translations into a language that stand in a context, by the English; none where there is no file."""
    path = path_of(language)
    if not path.exists():
        return {}
    with path.open("rb") as file:
        held = [each for each in read_po(file, locale=language) if each.id and each.context == context]
    return {str(each.id): str(each.string) for each in held}


translations: Final = cache(read)
"""The same, read once."""


def chosen(wish: str | None, accepted: str) -> str:
    """Return the language of a page: the one that somebody wishes for, or that his browser likes best."""
    if wish in LANGUAGES:
        return wish
    ranges = sorted(filter(None, map(_liked, accepted.split(","))), key=lambda each: -each[1])
    return negotiate_locale([each.split("-")[0] for each, _ in ranges], LANGUAGES) or LANGUAGES[0]


def _liked(range_: str) -> tuple[str, float] | None:
    """Return a language that a browser names, and how much it likes it; None where it is not wanted."""
    name, _, quality = range_.strip().lower().partition(";")
    try:
        liked = float(quality.strip().removeprefix("q=") or 1)
    except ValueError:
        return None
    return (name.strip(), liked) if name.strip() and liked > 0 else None


@dataclass(frozen=True, slots=True)
class Language:
    """A language and a time zone: what texts, amounts and times are like for somebody."""

    name: str
    zone: ZoneInfo

    @property
    def locale(self) -> Locale:
        """Return what is customary there."""
        return Locale.parse("en_GB" if self.name == "en" else self.name)

    def text(self, english: str, **filled: Any) -> str:
        """Return a text in this language, with what is put into it."""
        found = translations(self.name).get(english) or english.partition(NOTE)[0]
        return found.format(**filled) if filled else found

    def plural(self, one: str, many: str, count: int, **filled: Any) -> str:
        """Return a text that goes with a number, as `{count}`."""
        is_one = count < 2 if self.name == "fr" else count == 1
        return self.text(one if is_one else many, count=self.number(count), **filled)

    def number(self, number: float) -> str:
        """Return a number."""
        return format_decimal(number, locale=self.locale)

    def money(self, held: Mapping[str, Any] | None) -> str:
        """Return an amount in minor units, as `{"amount": 1990, "currency": "EUR"}`."""
        if held is None:
            return "–"
        currency = held["currency"] or "EUR"
        amount = Decimal(held["amount"]).scaleb(-get_currency_precision(currency))
        return format_currency(amount, currency, locale=self.locale)

    def moment(self, at: str | datetime | None, style: str = "d MMM, HH:mm") -> str:
        """Return a time in the reader's zone."""
        if at is None:
            return "–"
        return format_datetime(parsed(at).astimezone(self.zone), style, locale=self.locale)

    def exactly(self, at: str | datetime) -> str:
        """Return a time with its seconds, there and in UTC."""
        time = parsed(at)
        here = format_datetime(time.astimezone(self.zone), "d MMMM yyyy, HH:mm:ss zzz", locale=self.locale)
        return f"{here} · {time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

    def away(self, at: str | datetime, now: datetime | None = None) -> str:
        """Return how far away a time is, such as "in 2 hours"."""
        delta = parsed(at) - (now or datetime.now(UTC))
        return format_timedelta(delta, add_direction=True, locale=self.locale)

    def span(self, seconds: float) -> str:
        """Return how long something is, such as "2 hours"."""
        return format_timedelta(timedelta(seconds=abs(seconds)), locale=self.locale)


def parsed(at: str | datetime) -> datetime:
    """Return a time as the API writes it."""
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)


speaking: Final[ContextVar[Language]] = ContextVar("speaking")
"""The language of the page that is made now."""
_ENGLISH: Final = Language(LANGUAGES[0], ZoneInfo("UTC"))


def said(english: str, **filled: Any) -> str:
    """Return a text in the language of the page that is made now."""
    return speaking.get(_ENGLISH).text(english, **filled)


def marked(english: str) -> str:
    """Return a text as it is: where it is shown, it is looked up."""
    return english
