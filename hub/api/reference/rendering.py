"""The pages as HTML: templates filled from the documents, everything escaped."""

import re
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.api.reference.messages import channels_of, headers_of_all
from hub.api.reference.routes import failures, groups_of, types_of

CODE: Final = re.compile(r"`([^`]+)`")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, each on one line."""
    return [line for each in text.split("\n\n") if (line := " ".join(each.split()))]


def pieces(text: str) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether it is code."""
    return [(piece, n % 2 == 1) for n, piece in enumerate(CODE.split(text)) if piece]


def routes_page(document: Mapping[str, Any]) -> str:
    """Return the page of the HTTP API, from its OpenAPI document."""
    return _TEMPLATES.get_template("routes.html").render(
        info=document["info"],
        groups=groups_of(document),
        failures=failures(),
        types=types_of(document["components"]["schemas"]),
    )


def messages_page(document: Mapping[str, Any]) -> str:
    """Return the page of the messages, from their AsyncAPI document in one piece."""
    channels = channels_of(document)
    own = {f"{channel.name}.{message.type}" for channel in channels for message in channel.messages}
    shared = {name: each for name, each in document["components"]["schemas"].items() if name not in own}
    return _TEMPLATES.get_template("messages.html").render(
        info=document["info"], channels=channels, headers=headers_of_all(document), types=types_of(shared)
    )


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("hub.api.reference"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"paragraphs": paragraphs, "pieces": pieces}
    return found


_TEMPLATES: Final = _environment()
