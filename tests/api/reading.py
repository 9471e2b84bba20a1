"""A page of HTML as a careful reader has it: its tags closed in order, its anchors, its links, its examples."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})


@dataclass
class Page:
    """What was found on a page; `faults` are tags that don't fit."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    labels: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read(html: str) -> Page:
    """Read a page to its end."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.faults += [f"<{tag}> is not closed" for tag in reader.open]
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page, self.open = Page(), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.page.tags.add(tag)
        self.page.attributes |= given.keys()
        self.page.ids += [given["id"]] if "id" in given else []
        self.page.links += [given["href"]] if "href" in given else []
        self.page.labels += given.get("aria-labelledby", "").split()
        if tag not in VOID:
            self.open.append(tag)
        if tag == "pre":
            self.page.examples.append("")

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.page.faults.append(f"</{tag}> closes {self.open[-1:] or 'nothing'} at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if "pre" in self.open:
            self.page.examples[-1] += data
